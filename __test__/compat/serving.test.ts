/** Which requests get metrics, by path, method and authorization, in every way of serving. */
import type { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, test } from 'vitest';

import type { ServingOptions } from '../../ts/index';
import { any, subjects, type Client } from '../support/subject';

let server: { close(): unknown } | undefined;

afterEach(() => {
  server?.close();
  server = undefined;
});

/** An answer, in one form for all ways of serving. */
interface Got {
  status: number;
  text: string;
  headers: Headers;
}

type Ask = (path: string, init?: RequestInit) => Promise<Got>;

async function got(response: Response): Promise<Got> {
  const { status, headers } = response;
  return { status, headers, text: await response.text() };
}

/** The ways of serving. Each begins to serve a client's metrics, and resolves to a function that asks for a path. */
const WAYS: Record<string, (client: Client, options: ServingOptions) => Promise<Ask>> = {
  async metricsHandler(client, options) {
    const handler = client.metricsHandler(client.register, options);
    const own = createServer((request, response) => void handler(request, response));
    server = own;
    await new Promise<void>((done) => own.listen(0, '127.0.0.1', done));
    const { port } = own.address() as AddressInfo;
    return async (path, init) => got(await fetch(`http://127.0.0.1:${port}${path}`, init));
  },
  metricsResponse(client, options) {
    return Promise.resolve(async (path, init) => {
      const request = new Request(`http://example.org${path}`, init);
      return got(await client.metricsResponse(request, options));
    });
  },
  async startHttpServer(client, options) {
    const started = await client.startHttpServer({ ...options, port: 0, host: '127.0.0.1' });
    server = started;
    return async (path, init) => got(await fetch(`http://127.0.0.1:${started.port}${path}`, init));
  },
};

describe.each(subjects)('$name', ({ load }) => {
  describe.each(Object.entries(WAYS))('%s', (_, serve) => {
    test('serves one path, with and without a query, and answers others with 404', async () => {
      const client = await load();
      new client.Counter({ name: 'c', help: 'h' }).inc(3);
      const ask = await serve(client, { path: '/metrics' });
      const text = await client.register.metrics();
      for (const path of ['/metrics', '/metrics?x=/y', '/metrics?']) {
        const { status, text: found } = await ask(path);
        expect([path, status, found]).toEqual([path, 200, text]);
      }
      for (const path of ['/', '/metrics/', '/metricsx', '/x/metrics', '/?/metrics', '/Metrics']) {
        const { status, text: found } = await ask(path);
        expect([path, status, found]).toEqual([path, 404, 'Not Found\n']);
      }
    });

    test('gives metrics only to requests that authorize accepts', async () => {
      const client = await load();
      const seen: string[] = [];
      client.register.registerMetric(
        new client.Gauge({
          name: 'g',
          help: 'h',
          registers: [],
          collect: () => {
            seen.push('collect');
          },
        }),
      );
      const bearer = (request: { headers: unknown }) => {
        const { headers } = request;
        const given =
          headers instanceof Headers
            ? headers.get('authorization')
            : (headers as Record<string, string>)['authorization'];
        return given === 'Bearer secret';
      };
      for (const authorize of [
        bearer,
        (request: Parameters<typeof bearer>[0]) => Promise.resolve(bearer(request)),
      ]) {
        const ask = await serve(client, any({ path: '/m', authorize }));
        const refused = await ask('/m', { headers: { authorization: 'Bearer wrong' } });
        expect([refused.status, refused.text]).toEqual([401, 'Unauthorized\n']);
        expect(refused.headers.get('www-authenticate')).toBe('Basic realm="metrics"');
        expect((await ask('/m')).status).toBe(401);
        expect((await ask('/m', { method: 'POST' })).status).toBe(401);
        expect(seen.splice(0)).toEqual([]);
        const { status, text } = await ask('/m', { headers: { authorization: 'Bearer secret' } });
        expect([status, text]).toEqual([200, expect.stringContaining('# TYPE g gauge')]);
        expect(seen.splice(0)).toEqual(['collect']);
        server?.close();
      }
    });

    test('no metrics are given if authorize throws or rejects', async () => {
      const client = await load();
      new client.Counter({ name: 'c', help: 'h' });
      for (const authorize of [
        () => {
          throw new Error('no database');
        },
        () => Promise.reject(new Error('no database')),
      ]) {
        const ask = await serve(client, { path: '/metrics', authorize });
        const { status, text } = await ask('/metrics');
        expect([status, text]).toEqual([500, 'no database\n']);
        server?.close();
      }
    });

    test('answers HEAD without a body, and other methods with 405', async () => {
      const client = await load();
      new client.Counter({ name: 'c', help: 'h' });
      const ask = await serve(client, { path: '/metrics' });
      const head = await ask('/metrics', { method: 'HEAD' });
      expect([head.status, head.text]).toEqual([200, '']);
      expect(Number(head.headers.get('content-length'))).toBeGreaterThan(0);
      const put = await ask('/metrics', { method: 'PUT', body: 'x' });
      expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    });
  });

  test('a connection that startHttpServer() cannot accept does not end the process', async () => {
    const client = await load();
    const ask = await WAYS['startHttpServer']!(client, {});
    // Node.js emits this when the process has no descriptor left.
    (server as never as { server: EventEmitter }).server.emit('error', new Error('accept EMFILE'));
    expect((await ask('/metrics')).status).toBe(200);
  });

  test('the error for an invalid option names the option, its value and the rule', async () => {
    const client = await load();
    const refused: [object, string][] = [
      [{ path: 'metrics' }, "path must be a text that begins with '/' and has no '?' and no '#'"],
      [{ path: '/a?b' }, "and is '/a?b'"],
      [{ path: 5 }, 'and is 5'],
      [{ authorize: true }, 'authorize must be a function, and is true'],
      [{ negotiate: 'yes' }, "negotiate must be true or false, and is 'yes'"],
      [{ scope: 'world' }, "scope must be 'application', 'process' or 'thread', and is 'world'"],
    ];
    for (const [options, message] of refused) {
      expect(() => client.metricsHandler(client.register, options)).toThrow(message);
      const request = new Request('http://example.org/metrics');
      await expect(client.metricsResponse(request, options)).rejects.toThrow(message);
      await expect(client.startHttpServer({ port: 0, ...options })).rejects.toThrow(message);
    }
    for (const [options, message] of [
      [{ port: '9464' }, "port must be a whole number from 0 to 65535, and is '9464'"],
      [{ port: 70_000 }, 'and is 70000'],
      [{ port: 0.5 }, 'and is 0.5'],
      [{ port: 0, host: 5 }, 'host must be a text, and is 5'],
      [{ port: 0, register: {} }, 'register must be a registry, and is {}'],
      [5, "startHttpServer()'s options must be an object, and is 5"],
    ] as [never, string][]) {
      await expect(client.startHttpServer(options)).rejects.toThrow(message);
    }
  });
});
