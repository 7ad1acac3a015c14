import client, { Counter, register } from 'prom-client';
import * as other from '@prometheus-io/client';
import Registry from 'prom-client/lib/registry.js';
import { createRequire } from 'node:module';
import tool from './tell.js';
const cjs = createRequire(import.meta.url)('prom-client');
tool.tell(
  'module',
  client,
  Counter === cjs.Counter && other.register === register,
  Registry === cjs.Registry,
);
