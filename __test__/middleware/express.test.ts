/** `mpmetrics/express` with Express 4 and 5. */
import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';

import { heap, inside, memory } from '../support/subject';
import { loader, type PackageSet } from './packages';
import { counted } from './server';
import { closeAll, countsRequests, started } from './suite';

countsRequests({ app: 'express', subpath: 'express', either: () => '/one|/two' });

/** The members of Express that these specs use. */
interface Router {
  (request: unknown, response: unknown): void;
  get(path: unknown, ...handlers: Handler[]): void;
  use(...args: unknown[]): void;
}
type Handler = (request: unknown, response: Response, next: (error?: unknown) => void) => void;
interface Response {
  status(code: number): Response;
  send(text: string): void;
}
type Express = (() => Router) & { Router(options?: object): Router };

const answer: Handler = (_request, response) => {
  response.send('ok');
};
const fail: Handler = () => {
  throw new Error('it fails');
};
const onError = (_error: unknown, _request: unknown, response: Response, _next: unknown) => {
  response.status(500).send('failed');
};

/** Serves an application. Returns a function that sends requests and returns the labels under which they counted. */
async function routesOf(set: PackageSet, declare: (app: Router, express: Express) => void) {
  const load = await loader(set);
  const express = load('express') as Express;
  const client = await memory.load();
  const app = express();
  app.use(inside('http/express').httpMetrics());
  declare(app, express);
  app.use(onError);
  const { serving, print } = await started(client, createServer(app));
  return async (...paths: string[]) => {
    for (const path of paths) await serving.send('GET', path);
    return Object.keys((await counted(print, paths.length)).requests);
  };
}

const SETS: readonly PackageSet[] = ['http-older', 'express-5.1', 'http-newer'];

describe.each(SETS)('the patterns of %s', (set) => {
  closeAll();

  test('have the paths of all mounts, also of routers that were nested before the application mounted them', async () => {
    const ask = await routesOf(set, (app, express) => {
      const inner = express.Router();
      inner.get('/:post', answer);
      inner.get('/', answer);
      const middle = express.Router();
      middle.use('/posts', inner);
      const outer = express.Router();
      outer.use('/:id', middle);
      app.use('/users', outer);
    });
    expect(await ask('/users/1/posts/2', '/users/3/posts', '/users/posts/posts/posts')).toEqual([
      'GET /users/:id/posts 200',
      'GET /users/:id/posts/:post 200',
    ]);
  });

  test('do not depend on the case of a path or on its percent-encoding', async () => {
    const ask = await routesOf(set, (app, express) => {
      const router = express.Router();
      router.get('/b/:c', answer);
      app.use('/api/:v', router);
    });
    expect(await ask('/API/x/b/y', '/Api/API/B/B', '/api/%41/b/%2F')).toEqual([
      'GET /api/:v/b/:c 200',
    ]);
  });

  test('have the mount by which a request reached a router that is mounted twice', async () => {
    const ask = await routesOf(set, (app, express) => {
      const router = express.Router();
      router.get('/r', answer);
      app.use('/v1', router);
      app.use('/v2/:x', router);
    });
    expect(await ask('/v1/r', '/v2/a/r', '/v2/b/r')).toEqual(['GET /v1/r 200', 'GET /v2/:x/r 200']);
  });

  test('have the mount of a router that was mounted once more after its first request', async () => {
    const ask = await routesOf(set, (app, express) => {
      const router = express.Router();
      router.get('/r', answer);
      app.use('/v1', router);
      app.get('/more', (request, response, next) => {
        app.use('/late/:x', router);
        answer(request, response, next);
      });
    });
    expect(await ask('/v1/r', '/more', '/late/1/r', '/v1/r', '/late/2/r')).toEqual([
      'GET /late/:x/r 200',
      'GET /more 200',
      'GET /v1/r 200',
    ]);
  });

  test('have the mounts of the application through which the request came, if two applications share a router', async () => {
    const ask = await routesOf(set, (app, express) => {
      const router = express.Router();
      router.get('/r', answer);
      const [one, other] = [express(), express()];
      one.use('/v1', router);
      other.use('/v2', router);
      app.use('/a', one);
      app.use('/b', other);
    });
    expect(await ask('/a/v1/r', '/b/v2/r', '/a/v1/r')).toEqual([
      'GET /a/v1/r 200',
      'GET /b/v2/r 200',
    ]);
  });

  test('have the mounts of nested applications, also if one of these throws an error', async () => {
    const ask = await routesOf(set, (app, express) => {
      const innermost = express.Router();
      innermost.get('/fails/:why', fail);
      innermost.get('/works', answer);
      const other = express();
      other.use('/in/:side', innermost);
      const between = express();
      between.use('/other/:o', other);
      app.use('/apps/:a', between);
    });
    const path = '/apps/1/other/2/in/3';
    expect(await ask(`${path}/works`, `${path}/fails/4`)).toEqual([
      'GET /apps/:a/other/:o/in/:side/fails/:why 500',
      'GET /apps/:a/other/:o/in/:side/works 200',
    ]);
  });

  test('have the source of a regular expression, and all paths of an array', async () => {
    const ask = await routesOf(set, (app, express) => {
      const router = express.Router();
      router.get(/^\/x+$/, answer);
      app.get([/^\/y+$/, '/z'], answer);
      app.use('/m', router);
    });
    expect(await ask('/m/x', '/m/xxx', '/y', '/yy', '/z')).toEqual([
      'GET /^\\\\/y+$/|/z 200',
      'GET /m/^\\\\/x+$/ 200',
    ]);
  });

  test('are those of the route that was entered last', async () => {
    const ask = await routesOf(set, (app) => {
      app.get('/a/:id', (_request, _response, next) => {
        next('route');
      });
      app.get('/a/b', answer);
      app.use('/static', answer);
    });
    expect(await ask('/a/b', '/a/c', '/static/x')).toEqual([
      'GET /a/:id 404',
      'GET /a/b 200',
      'GET unmatched 200',
    ]);
  });

  test('a program may set `request.route` to any value', async () => {
    const ask = await routesOf(set, (app) => {
      for (const route of [null, 'text', 5]) {
        app.get(`/${route}/:id`, (request, _response, next) => {
          (request as { route: unknown }).route = route;
          answer(request, _response, next);
        });
      }
    });
    expect(await ask('/null/1', '/text/1', '/5/1')).toEqual(['GET unmatched 200']);
  });

  test('have the paths of mounts with two parameters between two slashes', async () => {
    const ask = await routesOf(set, (app, express) => {
      const router = express.Router();
      router.get('/r', answer);
      app.use('/flights/:from-:to', router);
      app.use('/Files/v:major.:minor', router);
    });
    const paths = ['/flights/LHR-JFK/r', '/flights/a-b-c/r', '/flights/%C3%A9-x/r'];
    expect(await ask(...paths, '/files/v1.2/r', '/FILES/V3.4/r')).toEqual([
      `GET /${set === 'express-5.1' ? 'files' : 'Files'}/v:major.:minor/r 200`,
      'GET /flights/:from-:to/r 200',
    ]);
  });

  test('`request.route` is undefined in a middleware, and the route in its handler', async () => {
    const seen: unknown[] = [];
    const ask = await routesOf(set, (app) => {
      app.use((request: { route?: unknown }, _response: unknown, next: () => void) => {
        seen.push(request.route);
        next();
      });
      app.get('/a/:id', (request, response, next) => {
        seen.push((request as { route: { path: string } }).route.path);
        answer(request, response, next);
      });
    });
    await ask('/a/1');
    expect(seen).toEqual([undefined, '/a/:id']);
  });
});

test('mounts may have patterns that only Express 4 or only Express 5 knows', async () => {
  const older = await routesOf('http-older', (app, express) => {
    for (const path of ['/opt/:a?', '/n/:n(\\d+)', '/d.t/:x-:y', ['/p', '/q/:q']]) {
      const router = express.Router();
      router.get('/r', answer);
      app.use(path, router);
    }
  });
  expect(await older('/opt/1/r', '/n/12/r', '/d.t/1-2/r', '/p/r', '/q/1/r')).toEqual([
    'GET /d.t/:x-:y/r 200',
    'GET /n/:n/r 200',
    'GET /opt/:a?/r 200',
    'GET /p|/q/:q/r 200',
  ]);
  const newer = await routesOf('http-newer', (app, express) => {
    for (const path of ['/opt{/:a}', ['/p', '/q/:q']]) {
      const router = express.Router();
      router.get('/r', answer);
      app.use(path, router);
    }
  });
  expect(await newer('/opt/1/r', '/p/r', '/q/1/r')).toEqual([
    'GET /opt{/:a}/r 200',
    'GET /p|/q/:q/r 200',
  ]);
});

test('a mount whose pattern cannot be found is shown as `*`, without text of the URL', async () => {
  const ask = await routesOf('express-5.1', (app, express) => {
    const router = express.Router();
    router.get('/r', answer);
    app.use(/^\/x\d+/, router);
  });
  expect(await ask('/x1/r', '/x22/r')).toEqual(['GET /*/r 200']);
});

test('two applications of a process count into the same metrics', async () => {
  const load = await loader('http-newer');
  const express = load('express') as Express;
  const client = await heap.load();
  const apps = [express(), express()];
  const all = [];
  for (const app of apps) {
    app.use(inside('http/express').httpMetrics());
    app.get('/x', answer);
    all.push(await started(client, createServer(app)));
  }
  for (const { serving } of all) await serving.send('GET', '/x');
  expect((await counted(all[0]!.print, 2)).requests).toEqual({ 'GET /x 200': 2 });
});
