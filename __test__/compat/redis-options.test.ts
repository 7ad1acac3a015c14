/** Options of redis() that are refused, by name, rule and value. */
import { Redis as Ioredis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';

import { redis, type RedisOptions } from '../../ts/redis';
import { Registry } from '../../ts/registry';
import { metricsHandler } from '../../ts/serving/handler';

const ADDRESS = { url: 'redis://127.0.0.1:1', key: 'mp:{test}' };

const closing: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0)) await one.close();
});

test.each<[unknown, string]>([
  [null, "redis()'s options must be an object, and is null"],
  [{ key: 'a' }, 'redis() takes either url or client'],
  [{ ...ADDRESS, client: {} }, 'redis() takes either url or client'],
  [
    { ...ADDRESS, url: 'http://a' },
    "url must be a URL that begins with redis:// or rediss://, and is 'http://a'",
  ],
  [
    { key: 'a', client: { get: 1 } },
    'client must be a client of redis, ioredis, iovalkey or @valkey/valkey-glide, and is { get: 1 }',
  ],
  [{ ...ADDRESS, key: '' }, "key must be a text that is not empty, and is ''"],
  [
    { ...ADDRESS, flushMs: 0 },
    'flushMs must be a number of milliseconds from 10 to 3600000, and is 0',
  ],
  [
    { ...ADDRESS, flushMs: 1_000, leaseMs: 2_999 },
    'leaseMs must be a number of milliseconds from 3000 to 3600000, and is 2999',
  ],
  [
    { ...ADDRESS, timeoutMs: '5' },
    "timeoutMs must be a number of milliseconds from 1 to 3600000, and is '5'",
  ],
  [{ ...ADDRESS, register: {} }, 'register must be a registry of this package, and is {}'],
  [{ ...ADDRESS, instance: 5 }, 'instance must be a text that is not empty, and is 5'],
  [{ ...ADDRESS, onUnreachable: 'no' }, "onUnreachable must be 'error' or 'local', and is 'no'"],
])('redis(%j) is refused', (options, message) => {
  expect(() => redis(options as RedisOptions)).toThrow(new TypeError(message));
});

test('one registry is shared at a time', async () => {
  const register = new Registry({ name: 'once' });
  const share = redis({ ...ADDRESS, register });
  expect(() => redis({ ...ADDRESS, register })).toThrow(
    'a registry is shared already: close() the former redis() first',
  );
  await share.close();
  closing.push(redis({ ...ADDRESS, register }));
});

test('the scope hosts needs redis()', async () => {
  const register = new Registry({ name: 'alone' });
  await expect(register.metrics({ scope: 'hosts' })).rejects.toMatchObject({
    code: 'ERR_MPMETRICS_INVALID',
    message:
      "the scope 'hosts' needs a registry that is shared: call redis({ register, … }) of mpmetrics/redis first",
  });
});

test('a Redis that cannot be reached answers 503 with Retry-After, or the own metrics', async () => {
  const register = new Registry({ name: 'unreachable' });
  const share = redis({ ...ADDRESS, register });
  const error = await register.metrics({ scope: 'hosts' }).catch((one: unknown) => one);
  expect(error).toMatchObject({ code: 'ERR_MPMETRICS_UNAVAILABLE', retryAfterSeconds: 1 });
  const headers: Record<string, unknown> = {};
  const response = {
    statusCode: 0,
    headersSent: false,
    setHeader: (name: string, value: unknown) => (headers[name] = value),
    end: () => undefined,
    destroy: () => undefined,
  };
  await metricsHandler(register, { scope: 'hosts' })(
    { method: 'GET', url: '/', headers: {} },
    response,
  );
  expect([response.statusCode, headers['Retry-After']]).toEqual([503, '1']);
  await share.close();

  closing.push(redis({ ...ADDRESS, register, onUnreachable: 'local' }));
  await expect(register.metrics({ scope: 'hosts' })).resolves.toMatch(
    /^mpmetrics_engine_pushes_total\{engine="redis"\} \d+$/m,
  );
});

test('a client of the program is not closed', async () => {
  const client = new Ioredis({ lazyConnect: true, port: 1 });
  const share = redis({ client, key: 'a', register: new Registry({ name: 'client' }) });
  await share.close();
  expect(client.status).not.toBe('end');
  client.disconnect();
});
