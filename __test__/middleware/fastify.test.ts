/** `mpmetrics/fastify` with Fastify 4 and 5. */
import type { Server } from 'node:http';
import { describe, expect, test, vi } from 'vitest';

import { any, inside, memory } from '../support/subject';
import { loader, MAJORS } from './packages';
import { counted } from './server';
import { closeAll, countsRequests, started } from './suite';

countsRequests({ app: 'fastify', subpath: 'fastify' });

type Done = () => void;
interface Reply {
  code(status: number): Reply;
  send(body: string): unknown;
}
/** The members of Fastify that these specs use. */
interface App {
  readonly server: Server;
  register(plugin: unknown, options?: object): App;
  addHook(name: string, hook: (request: unknown, reply: Reply, done: Done) => void): void;
  get(path: string, handler: () => Promise<string>): void;
  inject(path: string): Promise<{ statusCode: number; body: string }>;
  ready(): Promise<unknown>;
}

describe.each(MAJORS)('%s', (set) => {
  closeAll();

  async function make(): Promise<App> {
    const load = await loader(set);
    return (load('fastify') as () => App)();
  }

  test('counts requests of inject()', async () => {
    const client = await memory.load();
    const app = await make();
    app.register(inside('http/fastify').httpMetrics({ path: '/metrics' }));
    app.register((own: App, _: unknown, done: Done) => {
      own.get('/a/:b', () => Promise.resolve('a'));
      done();
    });
    for (const path of ['/a/1', '/a/2', '/none']) await app.inject(path);
    const { requests, inProgress } = await counted(() => client.register.metrics(), 3);
    expect(requests).toEqual({ 'GET /a/:b 200': 2, 'GET unmatched 404': 1 });
    expect(inProgress).toEqual({ GET: 0 });
    expect((await app.inject('/metrics')).body).toContain('route="/a/:b"');
  });

  test('counts requests with invalid URLs, and requests that an earlier hook answers', async () => {
    const client = await memory.load();
    const app = await make();
    const guard = (own: App, _: unknown, done: Done) => {
      own.addHook('onRequest', (request, reply, next) => {
        const { headers } = request as { headers: Record<string, string> };
        if (headers['x-refuse'] === undefined) setTimeout(next, 1);
        else reply.code(403).send('refused');
      });
      done();
    };
    app.register(Object.assign(guard, { [Symbol.for('skip-override')]: true }));
    app.register(inside('http/fastify').httpMetrics());
    app.register((own: App, _: unknown, done: Done) => {
      own.get('/a/:b', () => Promise.resolve('a'));
      done();
    });
    await app.ready();
    const { serving, print } = await started(client, app.server);
    expect((await serving.send('GET', '/a/%')).status).toBe(400);
    expect((await serving.send('GET', '/a/1', { 'x-refuse': '1' })).status).toBe(403);
    expect((await serving.send('GET', '/a/1')).status).toBe(200);
    expect((await counted(print, 3)).requests).toEqual({
      'GET /a/:b 200': 1,
      'GET /a/:b 403': 1,
      'GET unmatched 400': 1,
    });
  });

  test('the label route has the prefix of the plugin that registers httpMetrics()', async () => {
    const client = await memory.load();
    const app = await make();
    const middleware = inside('http/fastify').httpMetrics({ path: '/metrics' });
    app.register(
      (own: App, _: unknown, done: Done) => {
        own.register(middleware);
        own.get('/a', () => Promise.resolve('a'));
        done();
      },
      { prefix: '/p/:q' },
    );
    await app.ready();
    const { serving, print } = await started(client, app.server);
    await serving.send('GET', '/p/1/a');
    await serving.send('GET', '/p/1/a?x');
    expect((await counted(print, 2)).requests).toEqual({ 'GET /p/:q/a 200': 2 });
  });

  test.each([
    [0, 1],
    [1, 0],
  ])(
    'of two httpMetrics(), none counts the requests for its own path: %s, %s',
    async (...order) => {
      const client = await memory.load();
      const registers = ['one', 'two'].map((name) => new client.Registry({ name }));
      const app = await make();
      for (const n of order) {
        const options = { register: registers[n]!, path: `/metrics-${String(n)}` };
        app.register(inside('http/fastify').httpMetrics(any(options)));
      }
      app.register((own: App, _: unknown, done: Done) => {
        own.get('/a', () => Promise.resolve('a'));
        done();
      });
      await app.ready();
      const { serving } = await started(client, app.server);
      for (const path of ['/a', '/metrics-0', '/metrics-1']) await serving.send('GET', path);
      for (const [n, register] of registers.entries()) {
        const ownPath = `route="/metrics-${String(n)}"`;
        await vi.waitFor(async () => {
          expect(await register.metrics()).toContain('route="/a",status_code="200"} 1\n');
        });
        expect(await register.metrics()).not.toContain(ownPath);
      }
    },
  );
});
