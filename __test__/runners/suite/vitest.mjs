import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { test } from 'vitest';

const suite = createRequire(import.meta.url)('./plain.cjs');

test('the client uses functions of Node.js that a test has replaced', () =>
  suite(fileURLToPath(import.meta.url)));
