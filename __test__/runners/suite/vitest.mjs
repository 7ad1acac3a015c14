import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { test } from 'vitest';

const suite = createRequire(import.meta.url)('./plain.cjs');

test('what is replaced reaches the client', () => suite(fileURLToPath(import.meta.url)));
