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
  path: string;
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

  test('the label route has the prefixes of nested routers and of mounts', async () => {
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

  test('the label route has the path of the mount, also for a URL with a host or a query', async () => {
    const ask = await routesOf((app, { Router, mount }) => {
      const router = new Router().get('/', answer).get('/:id', answer);
      app.use(mount('/m', router.routes()));
    });
    expect(
      await ask('http://one.test/m/7', 'http://two.test/m/8', 'http://three.test/m', '/m?a=/9'),
    ).toEqual(['GET /m/ 200', 'GET /m/:id 200']);
  });

  test('if the program rewrites the path, the label route has no value from the original path', async () => {
    const ask = await routesOf((app, { Router, mount }) => {
      const rewrites: Middleware = (context, next) => {
        context.path = context.path.replace(/^\/tenants\/\d+/, '/of');
        return next();
      };
      app.use(rewrites).use(mount('/of', new Router().get('/x/:id', answer).routes()));
    });
    expect(await ask('/tenants/1/x/2', '/tenants/3/x/4', '/of/x/5')).toEqual(['GET /of/x/:id 200']);
  });

  test('if several routes match, the label route is the pattern of the one that answered', async () => {
    const ask = await routesOf((app, { Router }) => {
      const goOn: Middleware = (_, next) => next();
      const router = new Router().get('/users/me', answer).get('/users/:id', answer);
      router.get('/a/:id', goOn).get('/a/b', answer).use(goOn).get('/c', answer);
      app.use(router.routes()).use(new Router().get('/users/me', answer).routes());
    });
    expect(await ask('/users/me', '/users/1', '/a/b', '/c')).toEqual([
      'GET /a/b 200',
      'GET /c 200',
      'GET /users/:id 200',
      'GET /users/me 200',
    ]);
  });

  test('the label route is the pattern of the route, also if a middleware of the router answers', async () => {
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
