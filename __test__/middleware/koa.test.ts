/** `mpmetrics/koa` with Koa 2 and 3, `@koa/router` and `koa-mount`. */
import { createServer, type RequestListener } from 'node:http';
import { describe, expect, test } from 'vitest';

import { inside, memory } from '../support/subject';
import { loader, MAJORS } from './packages';
import { counted } from './server';
import { closeAll, countsRequests, started } from './suite';

countsRequests({ app: 'koa', subpath: 'koa', wrongMethod: 405 });

interface Context {
  body: unknown;
  status: number;
}
type Middleware = (context: Context, next: () => Promise<unknown>) => unknown;
interface App {
  use(middleware: unknown): App;
  callback(): RequestListener;
}
interface Router {
  get(path: string | RegExp, ...handlers: Middleware[]): Router;
  use(...args: unknown[]): Router;
  routes(): Middleware;
}

const answer: Middleware = (context) => {
  context.body = 'ok';
};

describe.each(MAJORS)('%s', (set) => {
  closeAll();

  async function routesOf(declare: (app: App, make: Packages) => void) {
    const load = await loader(set);
    const make: Packages = {
      App: load('koa') as Packages['App'],
      Router: load('@koa/router') as Packages['Router'],
      mount: load('koa-mount') as Packages['mount'],
    };
    const client = await memory.load();
    const app = new make.App();
    app.use(inside('http/koa').httpMetrics());
    declare(app, make);
    const { serving, print } = await started(client, createServer(app.callback()));
    return async (...paths: string[]) => {
      for (const path of paths) await serving.send('GET', path);
      return Object.keys((await counted(print, paths.length)).requests);
    };
  }

  test('has the prefixes of nested routers and of mounts', async () => {
    const ask = await routesOf((app, { App, Router, mount }) => {
      const inner = new Router({ prefix: '/in/:i' }).get('/x', answer).get(/^\/r\d$/, answer);
      const mounted = new App().use(mount('/deep', new Router().get('/:id', answer).routes()));
      mounted.use(new Router().get('/', answer).get('/t/:u', answer).routes());
      app.use(mount('/m', mounted));
      app.use(new Router().use('/out/:o', inner.routes()).get('/m/:other/y', answer).routes());
    });
    expect(
      await ask('/out/1/in/2/x', '/m/deep/5', '/m/t/6', '/m', '/m/7/y', '/m/none/none/none'),
    ).toEqual([
      'GET /m/ 200',
      'GET /m/:other/y 200',
      'GET /m/deep/:id 200',
      'GET /m/t/:u 200',
      'GET /out/:o/in/:i/x 200',
      'GET unmatched 404',
    ]);
  });

  test('has the pattern of the route also when a middleware of the router answers', async () => {
    const ask = await routesOf((app, { Router }) => {
      const refuse: Middleware = (context) => {
        context.status = 401;
      };
      app.use(new Router().use(refuse).get('/a/:id', answer).routes());
    });
    expect(await ask('/a/1', '/b')).toEqual(['GET /a/:id 401', 'GET unmatched 404']);
  });
});

interface Packages {
  App: new () => App;
  Router: new (options?: object) => Router;
  mount: (prefix: string, app: unknown) => Middleware;
}
