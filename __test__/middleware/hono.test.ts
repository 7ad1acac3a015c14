/** `mpmetrics/hono` with Hono 3 and 4, with and without `@hono/node-server`. */
import { describe, expect, test } from 'vitest';

import type { HttpMetricsOptions } from '../../ts/http/options';
import { samples } from '../support/samples';
import { inside, memory } from '../support/subject';
import { loader, MAJORS } from './packages';
import { counted } from './server';
import { countsRequests } from './suite';

countsRequests({ app: 'hono', subpath: 'hono', throwsForMethods: 'http-older' });

interface Context {
  text(body: string, status?: number, headers?: Record<string, string>): unknown;
}
type Handler = (context: Context) => unknown;
interface App {
  use(path: string, middleware: unknown): App;
  get(path: string, ...handlers: Handler[]): App;
  all(path: string, ...handlers: Handler[]): App;
  route(path: string, app: App): App;
  basePath(path: string): App;
  onError(handler: (error: Error, context: Context) => unknown): App;
  request(path: string, init?: object): Response | Promise<Response>;
}

const answer: Handler = (context) => context.text('ok');

describe.each(MAJORS)('%s, without `@hono/node-server`', (set) => {
  async function serve(
    declare: (app: App, make: () => App) => void,
    options: HttpMetricsOptions = {},
  ) {
    const { Hono } = (await loader(set))('hono') as { Hono: new () => App };
    const client = await memory.load();
    const app = new Hono();
    app.use('*', inside('http/hono').httpMetrics(options));
    declare(app, () => new Hono());
    const ask = async (...paths: string[]) => {
      for (const path of paths) await app.request(path);
      return (await counted(() => client.register.metrics(), paths.length)).requests;
    };
    return { app, ask, client };
  }

  test('the label route has the paths of route() and basePath()', async () => {
    const { ask } = await serve((app, make) => {
      const inner = make().get('/:post', answer);
      const failing = make().get('/fails', () => {
        throw new Error('it fails');
      });
      failing.all('/all/:a', answer);
      failing.onError((_error, context) => context.text('own', 503));
      app.route('/users/:id', make().route('/posts', inner));
      app.route('/failing/:f', failing);
      app.basePath('/base').get('/x/:y', answer);
      app.all('/all/:a', answer);
    });
    expect(
      await ask(
        ...['/users/1/posts/2', '/failing/1/fails', '/failing/1/all/2'],
        ...['/base/x/1', '/all/1', '/all/2', '/none'],
      ),
    ).toEqual({
      'GET /all/:a 200': 2,
      'GET /base/x/:y 200': 1,
      'GET /failing/:f/all/:a 200': 1,
      'GET /failing/:f/fails 503': 1,
      'GET /users/:id/posts/:post 200': 1,
      'GET unmatched 404': 1,
    });
  });

  test('the path of a middleware is not shown as a route', async () => {
    const { ask } = await serve((app) => {
      app.use('/api/*', async (_context: Context, next: () => Promise<void>) => next());
      app.use('/closed/*', (context: Context, _next: unknown) => context.text('no', 401));
      app.get('/api/a', answer);
      app.get('/closed/a', answer);
    });
    expect(await ask('/api/a', '/api/b', '/closed/a')).toEqual({
      'GET /api/a 200': 1,
      'GET unmatched 401': 1,
      'GET unmatched 404': 1,
    });
  });

  test('sizes are 0 without a body, else what Content-Length says, or unknown', async () => {
    const { app, client } = await serve(
      (own) => {
        own.get('/known', (context) => context.text('12345', 200, { 'Content-Length': '5' }));
        own.all('/unknown', answer);
      },
      { sizes: true },
    );
    await app.request('/known');
    await app.request('/unknown', {
      method: 'POST',
      body: 'abc',
      headers: { 'Content-Length': '3' },
    });
    await app.request('/unknown', { method: 'POST', body: 'abc' });
    const shown = samples(await client.register.metrics());
    const of = (name: string, labels: string) =>
      ['sum', 'count'].map((one) => shown.get(`http_${name}_size_bytes_${one}{${labels}}`));
    const known = 'method="GET",route="/known",status_code="200"';
    const unknown = 'method="POST",route="/unknown",status_code="200"';
    expect([of('request', known), of('response', known)]).toEqual([
      [0, 1],
      [5, 1],
    ]);
    expect([of('request', unknown), of('response', unknown)]).toEqual([
      [3, 1],
      [undefined, undefined],
    ]);
  });

  test('serves the metrics, and ignores paths', async () => {
    const { app, ask } = await serve(
      (own) => {
        own.get('/a/:b', answer).get('/health', answer);
      },
      { path: '/metrics', ignore: ['/health'] },
    );
    await app.request('/health');
    expect(await ask('/a/1')).toEqual({ 'GET /a/:b 200': 1 });
    const response = await app.request('/metrics');
    expect([response.status, await response.text()]).toEqual([
      200,
      expect.stringContaining('http_requests_in_progress{method="GET"} 0\n'),
    ]);
  });
});
