/** The specs of every framework. Each runs the same application (`apps/`) with several majors of its framework. */
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';

import type { HttpMetricsOptions } from '../../ts/http/options';
import { samples } from '../support/samples';
import { any, inside, subjects, type Client } from '../support/subject';
import { loader, MAJORS, type PackageSet } from './packages';
import { counted, countsIn, Serving, total } from './server';

type Build = (load: NodeJS.Require, counted: unknown) => Promise<Server>;

const require = createRequire(__filename);

/** How a framework differs from the others. */
export interface Framework {
  /** The name of its file in `apps/`. */
  app: string;
  /** The subpath of the package. */
  subpath: 'express' | 'fastify' | 'hono' | 'index' | 'koa' | 'nest';
  /** Returns the label `route` for a path of the route that has two paths; the path itself by default. */
  either?: (path: string) => string;
  /** False if the framework has no routes. */
  routes?: false;
  /** The status of requests for a registered path with another method; 404 by default. */
  wrongMethod?: number;
  /** The major whose router throws for methods that no route has, before any middleware runs. */
  throwsForMethods?: PackageSet;
  /** The sets of packages that have its majors; {@link MAJORS} by default. */
  majors?: readonly PackageSet[];
}

/** The number of different URLs that match no route. */
const STRAY = 10_000;
/** Requests that are sent in one write. */
const BATCH = 500;

/** A running application. */
export interface Started {
  client: Client;
  serving: Serving;
  print: () => Promise<string>;
}

const running: Serving[] = [];

/** Starts an application that counts with these options, on a registry of its own. */
export async function start(
  { app, subpath }: Framework,
  load: NodeJS.Require,
  subject: (typeof subjects)[number],
  options: HttpMetricsOptions | ((client: Client) => HttpMetricsOptions) = { path: '/metrics' },
): Promise<Started> {
  const client = await subject.load();
  const given = typeof options === 'function' ? options(client) : options;
  const middleware = inside(`http/${subpath}`).httpMetrics(given);
  const server = await (require(`./apps/${app}.cjs`) as Build)(load, middleware);
  return started(client, server, given.register as Client['register'] | undefined);
}

/** Starts a server, which is closed after the test. */
export async function started(
  client: Client,
  server: Server,
  register = client.register,
): Promise<Started> {
  const serving = await Serving.of(server);
  running.push(serving);
  return { client, serving, print: () => register.metrics() };
}

/** Closes all servers after each test. */
export function closeAll(): void {
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.close()));
  });
}

/** Declares the specs of a framework. */
export function countsRequests(framework: Framework): void {
  const { either = (path: string) => path, routes = true, wrongMethod = 404 } = framework;
  const { majors = MAJORS } = framework;
  const label = (pattern: string) => (routes ? pattern : 'unmatched');
  closeAll();

  describe.each(majors)('%s', (set) => {
    let load: NodeJS.Require;
    beforeAll(async () => {
      load = await loader(set);
    });

    describe.each(subjects)('$name', (subject) => {
      test('counts each request once, by the pattern of its route', async () => {
        const { serving, print } = await start(framework, load, subject);
        const expected: Record<string, number> = {};
        let sent = 0;
        const send = async (method: string, path: string, status: number, route: string) => {
          const { status: got } = await serving.send(method, path);
          expect([method, path, got]).toEqual([method, path, status]);
          const key = `${method} ${label(route)} ${status}`;
          expected[key] = (expected[key] ?? 0) + 1;
          sent++;
        };
        for (let i = 0; i < 3; i++) {
          await send('GET', '/hello', 200, '/hello');
          await send('GET', `/users/${i}?q=${i}`, 200, '/users/:id');
          await send('POST', `/users/${i}`, 201, '/users/:id');
          await send('GET', `/orgs/a${i}/teams/a${i}`, 200, '/orgs/:org/teams/:team');
          // After the error has left the router, Express has reset `request.baseUrl`, so it lacks the router's mount.
          await send('GET', `/orgs/a${i}/fails`, 500, '/orgs/:org/fails');
        }
        await send('GET', '/one', 200, either('/one'));
        await send('GET', '/two', 200, either('/two'));
        await send('HEAD', '/hello', 200, '/hello');
        await send('HEAD', '/users/5', 200, '/users/:id');
        const other = framework.throwsForMethods === set ? 'POST' : 'PUT';
        await send(other, '/hello', routes ? wrongMethod : 404, 'unmatched');
        await send('GET', '/none', 404, 'unmatched');
        const { requests, inProgress } = await counted(print, sent);
        expect(requests).toEqual(expected);
        expect(inProgress).toEqual({ GET: 0, HEAD: 0, POST: 0, [other]: 0 });
      });

      test('serves the metrics at its path, and does not count requests for it', async () => {
        const { serving, print } = await start(framework, load, subject);
        await serving.send('GET', '/hello');
        await counted(print, 1);
        for (const path of ['/metrics', '/metrics?name=x']) {
          const { status, body, headers } = await serving.send('GET', path);
          expect([status, headers['content-type']]).toEqual([
            200,
            'text/plain; version=0.0.4; charset=utf-8',
          ]);
          expect(countsIn(body).requests).toEqual({ [`GET ${label('/hello')} 200`]: 1 });
        }
        const head = await serving.send('HEAD', '/metrics');
        expect([head.status, head.body]).toEqual([200, '']);
        const post = await serving.send('POST', '/metrics');
        expect([post.status, post.headers.allow]).toEqual([405, 'GET, HEAD']);
        expect((await serving.send('GET', '/metricsx')).status).toBe(404);
        const { requests } = await counted(print, 2);
        expect(requests).toEqual({ [`GET ${label('/hello')} 200`]: 1, 'GET unmatched 404': 1 });
      });

      test('counts a request whose client disconnects, once, with the status 499', async () => {
        const { serving, print } = await start(framework, load, subject);
        await serving.abort('/slow', async () => countsIn(await print()).inProgress['GET'] === 1);
        await serving.send('GET', '/hello');
        const { requests, inProgress } = await counted(print, 2);
        const slow = `GET ${label('/slow')} 499`;
        expect(requests).toEqual({ [slow]: 1, [`GET ${label('/hello')} 200`]: 1 });
        expect(inProgress).toEqual({ GET: 0 });
      });

      test('counts pipelined requests, also those that are never answered', async () => {
        const warnings: Error[] = [];
        const onWarning = (one: Error) => warnings.push(one);
        process.on('warning', onWarning);
        const { serving, print } = await start(framework, load, subject);
        const line = (path: string) => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`;
        await serving.raw(line('/hello').repeat(20), 20);
        expect((await counted(print, 20)).requests).toEqual({ [`GET ${label('/hello')} 200`]: 20 });
        await serving.abort(
          `/slow HTTP/1.1\r\nHost: test\r\n\r\nGET /hello`,
          async () => countsIn(await print()).inProgress['GET'] === 2,
        );
        const all = await counted(print, 22);
        expect(total(all)).toBe(22);
        expect(all.requests[`GET ${label('/slow')} 499`] ?? 0).toBeGreaterThan(0);
        expect(all.inProgress).toEqual({ GET: 0 });
        process.off('warning', onWarning);
        expect(warnings).toEqual([]);
      });

      const methodsTest = async () => {
        const { serving, print } = await start(framework, load, subject);
        for (const method of ['PROPFIND', 'MKCOL', 'PATCH']) await serving.send(method, '/hello');
        const { requests, inProgress } = await counted(print, 3);
        expect(inProgress).toEqual({ OTHER: 0, PATCH: 0 });
        const methods = Object.keys(requests).map((key) => key.split(' ')[0]);
        expect(methods).toEqual(expect.arrayContaining(['OTHER', 'PATCH']));
        expect(total({ requests, inProgress })).toBe(3);
      };
      // Not where the framework throws before it calls a middleware: no request would count.
      if (framework.throwsForMethods !== set) {
        test('counts unknown methods as OTHER', methodsTest);
      }

      test('calls the functions of the options with the arguments of handlers', async () => {
        const seen: unknown[][] = [];
        const { serving, print } = await start(framework, load, subject, {
          labelNames: ['tenant'],
          labels: (...args) => {
            seen.push(args);
            const [first] = args;
            const { headers } =
              (first as { req?: { raw?: { headers: Headers } } }).req?.raw ?? first;
            const tenant: unknown =
              headers instanceof Headers ? headers.get('x-tenant') : headers['x-tenant'];
            return { tenant: any(tenant) };
          },
          skip: (first) => {
            const { url, path, req } = first as Record<'url' | 'path', string> & { req?: Request };
            return (url ?? path ?? req?.url ?? '').endsWith('/one');
          },
        });
        await serving.send('GET', '/one', { 'x-tenant': 'skipped' });
        await serving.send('GET', '/hello', { 'x-tenant': 'acme' });
        await counted(async () => (await print()).replace(/,tenant="acme"/g, ''), 1);
        expect(await print()).not.toContain('skipped');
        expect(seen).toHaveLength(1);
      });
    });

    test.each(subjects)('sizes: true counts the bytes of bodies on $name', async (subject) => {
      const { serving, print } = await start(framework, load, subject, {
        sizes: true,
        labelNames: ['tenant'],
        labels: () => ({ tenant: 'acme' }),
      });
      const answers: number[] = [];
      for (const method of ['GET', 'HEAD', 'GET']) {
        answers.push((await serving.send(method, '/hello')).body.length);
      }
      const post = 'POST /users/1 HTTP/1.1\r\nHost: test\r\nContent-Type: text/plain\r\n';
      await serving.raw(`${post}Content-Length: 7\r\n\r\n1234567`, 1);
      const own = async () => (await print()).replace(/,tenant="acme"/g, '');
      await counted(own, 4);
      const shown = samples(await own());
      const of = (name: string, method: string, route: string, status: number) => {
        const labels = `{method="${method}",route="${label(route)}",status_code="${status}"}`;
        return ['sum', 'count'].map((one) => shown.get(`http_${name}_size_bytes_${one}${labels}`));
      };
      expect(answers).toEqual([5, 0, 5]);
      expect(of('response', 'GET', '/hello', 200)).toEqual([10, 2]);
      expect(of('response', 'HEAD', '/hello', 200)).toEqual([0, 1]);
      expect(of('request', 'GET', '/hello', 200)).toEqual([0, 2]);
      expect(of('request', 'POST', '/users/:id', 201)).toEqual([7, 1]);
    });

    test(`${STRAY} URLs that match no route make one series`, async () => {
      const { serving, print } = await start(framework, load, subjects[0]!);
      for (let from = 0; from < STRAY; from += BATCH) {
        const lines = Array.from(
          { length: BATCH },
          (_, i) => `GET /none/${from + i}/${Math.random()} HTTP/1.1\r\nHost: test\r\n\r\n`,
        );
        await serving.raw(lines.join(''), BATCH);
      }
      expect((await counted(print, STRAY)).requests).toEqual({ 'GET unmatched 404': STRAY });
    });
  });
}
