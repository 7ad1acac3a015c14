/** The options of httpMetrics(), tested on `node:http`. They are the same for every framework. */
import { createServer } from 'node:http';
import { connect, createServer as createHttp2Server } from 'node:http2';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';

import { Gauge, Registry } from '../../ts';
import { Meter } from '../../ts/http/meter';
import type { HttpMetricsOptions } from '../../ts/http/options';
import { until } from '../support/patience.mjs';
import { any, inside, subjects, thrown, type Client } from '../support/subject';
import { counted } from './server';
import { closeAll, start, started, type Framework } from './suite';

const require = createRequire(__filename);
const HTTP: Framework = { app: 'http', subpath: 'index', routes: false };

const warnings: Error[] = [];
const onWarning = (one: Error) => warnings.push(one);
process.on('warning', onWarning);
afterEach(() => {
  warnings.length = 0;
});
closeAll();

test('a meter that ends removes no metric that the program made later', () => {
  const register = new Registry();
  const meter = new Meter({ register });
  const own = new Gauge({ name: 'http_request_size_bytes', help: 'h', registers: [register] });
  meter.remove();
  expect(register.getMetricsAsArray()).toEqual([own]);
});

describe.each(subjects)('$name', (subject) => {
  /** Starts the application of `apps/http.cjs`. */
  const serve = (
    options: HttpMetricsOptions | ((client: Client) => HttpMetricsOptions) = {},
  ): ReturnType<typeof start> => start(HTTP, require, subject, options);

  /** Waits until a scrape has a line that begins with `line`. Returns the scrape. */
  const shows = async (print: () => Promise<string>, line: string): Promise<string> => {
    let text = '';
    await until(
      async () => (text = await print()).includes(`\n${line}`),
      () => `${line} is not shown: ${text}`,
    );
    return text;
  };

  test("names: 'otel' stands for OpenTelemetry's names, its buckets and its method _OTHER", async () => {
    const { serving, print } = await serve({ names: 'otel' });
    await serving.send('GET', '/hello');
    await serving.send('PROPFIND', '/hello');
    const labels =
      'http_request_method="_OTHER",http_route="unmatched",http_response_status_code="404"';
    const text = await shows(print, `http_server_request_duration_seconds_count{${labels}} 1`);
    expect(text).toContain('http_server_active_requests{http_request_method="GET"} 0\n');
    expect(text).toContain('http_server_request_duration_seconds_bucket{le="0.075",');
    expect(text).not.toContain('http_request_duration_seconds');
  });

  test('sizes: names and buckets; the bytes of HTTP/2, of several writes, and of a status without a body', async () => {
    const client = await subject.load();
    const { httpMetrics } = inside('http/index');
    const counts = httpMetrics({ sizes: true, names: 'otel', sizeBuckets: [3, 10] });
    const server = createHttp2Server((request, response) => {
      counts(any(request), any(response), () => {
        request.resume();
        request.on('end', () => {
          response.statusCode = request.url === '/empty' ? 204 : 200;
          response.write('äö');
          response.write(Buffer.from('12'));
          response.end('ff', 'hex');
        });
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const received: number[] = [];
    for (const path of ['/parts', '/empty']) {
      const stream = session.request({ ':path': path, ':method': 'POST' });
      stream.end('12345678');
      received.push((await buffer(stream)).length);
    }
    session.close();
    await new Promise((done) => server.close(done));
    const of = (status: number) =>
      `http_request_method="POST",http_route="unmatched",http_response_status_code="${status}"`;
    const text = await shows(
      () => client.register.metrics(),
      `http_server_request_duration_seconds_count{${of(204)}} 1`,
    );
    expect(received).toEqual([7, 0]);
    for (const line of [
      `response_body_size_bytes_bucket{le="3",${of(200)}} 0`,
      `response_body_size_bytes_bucket{le="10",${of(200)}} 1`,
      `response_body_size_bytes_sum{${of(200)}} 7`,
      `response_body_size_bytes_sum{${of(204)}} 0`,
      `request_body_size_bytes_sum{${of(200)}} 8`,
      `request_body_size_bytes_count{${of(204)}} 1`,
    ]) {
      expect(text).toContain(`\nhttp_server_${line}\n`);
    }
  });

  test('sizes: a request without Content-Length has the bytes that arrived', async () => {
    const client = await subject.load();
    const counts = inside('http/index').httpMetrics({ sizes: true });
    const server = createServer((request, response) => {
      counts(any(request), any(response), () => {
        request.resume();
        request.on('end', () => response.end());
      });
    });
    const { serving, print } = await started(client, server);
    const post = 'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n';
    await serving.raw(`${post}3\r\n123\r\n2\r\n12\r\n0\r\n\r\n`, 1);
    const labels = 'method="POST",route="unmatched",status_code="200"';
    const text = await shows(print, `http_response_size_bytes_sum{${labels}} 0`);
    expect(text).toContain(`\nhttp_request_size_bytes_sum{${labels}} 5\n`);
  });

  test('statusClass: the label has the class of the status (2xx), also for an aborted request', async () => {
    const { serving, print } = await serve({ statusClass: true });
    await serving.send('GET', '/hello');
    await serving.send('GET', '/orgs/o/fails');
    await serving.send('GET', '/none');
    await serving.abort('/slow', async () => (await print()).includes('{method="GET"} 1'));
    expect((await counted(print, 4)).requests).toEqual({
      'GET unmatched 2xx': 1,
      'GET unmatched 4xx': 2,
      'GET unmatched 5xx': 1,
    });
  });

  test('ignore: paths and patterns are neither counted nor in progress', async () => {
    const { serving, print } = await serve({ ignore: ['/one', /^\/users\//g] });
    for (let i = 0; i < 3; i++) {
      await serving.send('GET', '/one?x=1');
      await serving.send('HEAD', '/users/5');
      await serving.send('POST', '/users/6?y');
    }
    await serving.send('GET', '/two');
    await serving.send('GET', '/none/one');
    const { requests, inProgress } = await counted(print, 2);
    expect(requests).toEqual({ 'GET unmatched 200': 1, 'GET unmatched 404': 1 });
    expect(inProgress).toEqual({ GET: 0 });
  });

  test('skip: if it returns a promise, the request is counted, and a warning says so', async () => {
    const { serving, print } = await serve({ skip: any(async () => Promise.resolve(false)) });
    await serving.send('GET', '/hello');
    expect((await counted(print, 1)).requests).toEqual({ 'GET unmatched 200': 1 });
    expect(warnings.map(({ message }) => message)).toEqual([
      'the function skip of httpMetrics() failed, and requests are counted without it: ' +
        'it returned a promise, and must return true or false',
    ]);
  });

  test('a request that passes several httpMetrics() is counted once in each set of metrics', async () => {
    const client = await subject.load();
    const { httpMetrics } = inside('http/index');
    const own = new client.Registry({ name: 'own' });
    const middlewares = [
      ...[{ ignore: ['/ignored'] }, { names: 'otel' }, { register: own }],
      ...[{}, { register: own, ignore: ['/other'] }],
    ].map((options) => httpMetrics(any(options)));
    const { serving, print } = await started(
      client,
      createServer((request, response) => {
        const all = middlewares.reduceRight<() => void>(
          (next, middleware) => () => {
            middleware(request, response, next);
          },
          () => {
            response.end('ok');
          },
        );
        all();
      }),
    );
    for (const path of ['/one', '/one', '/ignored', '/other']) await serving.send('GET', path);
    const { requests, inProgress } = await counted(print, 3);
    expect(requests).toEqual({ 'GET unmatched 200': 3 });
    expect(inProgress).toEqual({ GET: 0 });
    const labels = 'http_route="unmatched",http_response_status_code="200"';
    expect(await print()).toContain(
      `http_server_request_duration_seconds_count{http_request_method="GET",${labels}} 4\n`,
    );
    expect(await print()).toContain('http_server_active_requests{http_request_method="GET"} 0\n');
    const other = await counted(() => own.metrics(), 4);
    expect([other.requests, other.inProgress]).toEqual([{ 'GET unmatched 200': 4 }, { GET: 0 }]);
    expect(warnings).toEqual([]);
  });

  test('skip: is called when the status is known; a skipped request is not in progress any more', async () => {
    const { serving, print } = await serve({
      skip: (_request, response) => (response as { statusCode: number }).statusCode < 400,
    });
    await serving.send('GET', '/hello');
    await serving.send('GET', '/none');
    const { requests, inProgress } = await counted(print, 1);
    expect(requests).toEqual({ 'GET unmatched 404': 1 });
    expect(inProgress).toEqual({ GET: 0 });
  });

  test('buckets: are the upper bounds of the histogram', async () => {
    const { serving, print } = await serve({ buckets: [0.2, 20] });
    await serving.send('GET', '/hello');
    const text = await shows(print, 'http_request_duration_seconds_count{');
    const bounds = [...text.matchAll(/_bucket\{le="([^"]+)"/g)].map(([, one]) => one);
    expect(bounds).toEqual(['0.2', '20', '+Inf']);
  });

  test('labels: returns the values for each request; they are empty if it throws', async () => {
    let fails = false;
    const { serving, print } = await serve({
      labelNames: ['tenant', 'answer'],
      labels: (request, response) => {
        if (fails) throw new Error('no tenant');
        const { headers } = request as { headers: Record<string, string> };
        const { statusCode } = response as { statusCode: number };
        return { tenant: headers['x-tenant']!, answer: statusCode, undeclared: 'x' };
      },
    });
    const own = 'method="GET",route="unmatched",status_code="200"';
    await serving.send('GET', '/hello', { 'x-tenant': 'a"b' });
    await shows(
      print,
      `http_request_duration_seconds_count{${own},tenant="a\\"b",answer="200"} 1\n`,
    );
    fails = true;
    for (let i = 0; i < 2; i++) await serving.send('GET', '/hello');
    await shows(print, `http_request_duration_seconds_count{${own},tenant="",answer=""} 2\n`);
    expect(warnings.map(({ message }) => message)).toEqual([
      'the function labels of httpMetrics() failed, and requests are counted without it: no tenant',
    ]);
  });

  test('exemplar: returns the trace id of each request, for a registry that prints OpenMetrics', async () => {
    let trace: unknown = 'abc';
    const { serving, print } = await serve((client) => {
      client.register.setContentType(client.openMetricsContentType);
      return { exemplar: () => any(trace), register: any(client.register) };
    });
    await serving.send('GET', '/hello');
    await shows(print, 'http_request_duration_seconds_count{');
    expect(await print()).toMatch(/_bucket\{le="[^"]+",.*\} 1 # \{trace_id="abc"\} 0\.\d+ /);
    trace = undefined;
    await serving.send('GET', '/hello');
    trace = 'x'.repeat(200);
    await serving.send('GET', '/hello');
    await shows(
      print,
      'http_request_duration_seconds_count{method="GET",route="unmatched",status_code="200"} 3',
    );
    expect(warnings).toHaveLength(1);
  });

  test('defaultMetrics: registers the default metrics in the same registry', async () => {
    const { print, client } = await serve((own) => {
      const register = new own.Registry({ name: 'own' });
      return { register: any(register), defaultMetrics: { prefix: 'p_', metrics: ['version'] } };
    });
    expect(await print()).toContain('p_nodejs_version_info');
    expect(await client.register.metrics()).not.toContain('nodejs_version_info');
  });

  test('authorize: is asked for requests of the metrics only', async () => {
    const { serving } = await serve({
      path: '/m',
      authorize: (request) => 'x-ok' in (request as { headers: object }).headers,
    });
    expect((await serving.send('GET', '/m')).status).toBe(401);
    expect((await serving.send('GET', '/hello')).status).toBe(200);
    expect((await serving.send('GET', '/m', { 'x-ok': '1' })).status).toBe(200);
  });

  test('the metrics are also shown as OpenMetrics and as JSON', async () => {
    const { serving, client, print } = await serve();
    await serving.send('GET', '/hello');
    await counted(print, 1);
    const open = await client.register.metrics(any({ contentType: client.openMetricsContentType }));
    expect(open).toContain('# TYPE http_request_duration_seconds histogram\n');
    const json = await client.register.getMetricsAsJSON();
    expect(json.map(({ name }) => name)).toEqual([
      'http_request_duration_seconds',
      'http_requests_in_progress',
    ]);
  });

  test('a request that passes two httpMetrics() is counted once', async () => {
    const client = await subject.load();
    const { httpMetrics } = inside('http/index');
    const [outer, inner] = [httpMetrics(), httpMetrics()];
    const build = require('./apps/http.cjs') as (
      load: unknown,
      middleware: typeof outer,
    ) => Promise<never>;
    const server = await build(require, (request, response, next) => {
      outer(request, response, () => {
        inner(request, response, next);
      });
    });
    const { serving, print } = await started(client, server);
    for (let i = 0; i < 5; i++) await serving.send('GET', '/hello');
    const { requests, inProgress } = await counted(print, 5);
    expect(requests).toEqual({ 'GET unmatched 200': 5 });
    expect(inProgress).toEqual({ GET: 0 });
  });

  test('invalid options throw an error with name, rule and value, and register nothing', async () => {
    const client = await subject.load();
    const { httpMetrics } = inside('http/index');
    const labels = () => ({});
    const own = 'method, route, status_code, le';
    const valid = `valid label names, each once and none of ${own}`;
    const refused: [unknown, string][] = [
      [null, "httpMetrics()'s options must be an object, and is null"],
      [[], "httpMetrics()'s options must be an object, and is []"],
      ['/metrics', "httpMetrics()'s options must be an object, and is '/metrics'"],
      [
        { path: 'm' },
        "path must be a text that begins with '/' and has no '?' and no '#', and is 'm'",
      ],
      [{ authorize: 1 }, 'authorize must be a function, and is 1'],
      [{ negotiate: 1 }, 'negotiate must be true or false, and is 1'],
      [{ scope: 'w' }, "scope must be 'application', 'process' or 'thread', and is 'w'"],
      [{ register: {} }, 'register must be a registry, and is {}'],
      [{ names: 'x' }, "names must be 'prometheus' or 'otel', and is 'x'"],
      [{ names: 'toString' }, "names must be 'prometheus' or 'otel', and is 'toString'"],
      [{ labels }, 'labels needs the option labelNames, which names the labels it returns'],
      [{ labelNames: ['a'] }, 'labelNames needs the option labels, which returns the values'],
      [{ labelNames: 'a', labels }, "labelNames must be an array of names, and is 'a'"],
      [{ labelNames: ['a', 'a'], labels }, `labelNames must be ${valid}, and has 'a'`],
      [{ labelNames: ['route'], labels }, `labelNames must be ${valid}, and has 'route'`],
      [{ labelNames: ['a-b'], labels }, `labelNames must be ${valid}, and has 'a-b'`],
      [{ labelNames: ['le'], labels }, `labelNames must be ${valid}, and has 'le'`],
      [{ statusClass: 'yes' }, "statusClass must be true or false, and is 'yes'"],
      [
        { ignore: '/health' },
        "ignore must be an array of paths that begin with '/' and of regular expressions, and is '/health'",
      ],
      [
        { ignore: ['health'] },
        "ignore must be an array of paths that begin with '/' and of regular expressions, and is [ 'health' ]",
      ],
      [{ skip: true }, 'skip must be a function, and is true'],
      [{ buckets: 5 }, 'buckets must be an array of ascending numbers, and is 5'],
      [{ buckets: [2, 1] }, 'buckets must be an array of ascending numbers, and is [ 2, 1 ]'],
      [{ sizes: 1 }, 'sizes must be true or false, and is 1'],
      [
        { sizes: true, sizeBuckets: [2, 2] },
        'sizeBuckets must be an array of ascending numbers, and is [ 2, 2 ]',
      ],
      [{ sizeBuckets: [1] }, 'sizeBuckets needs the option sizes: true'],
      [{ buckets: ['1'] }, "buckets must be an array of ascending numbers, and is [ '1' ]"],
      [{ defaultMetrics: 'yes' }, "defaultMetrics must be true, false or options, and is 'yes'"],
      [{ exemplar: 'x' }, "exemplar must be a function, and is 'x'"],
    ];
    for (const [options, message] of refused) {
      expect(thrown(() => httpMetrics(any(options)))).toBe(`TypeError: ${message}`);
    }
    expect(thrown(() => httpMetrics({ exemplar: () => 'x' }))).toBe(
      'TypeError: Exemplars are supported only on OpenMetrics registries',
    );
    expect(thrown(() => httpMetrics({ defaultMetrics: any({ metrics: ['none'] }) }))).toContain(
      'metrics must name default metrics',
    );
    expect(client.register.getMetricsAsArray()).toEqual([]);
  });

  test('httpMetrics() throws if the program has a metric of one of the names, which stays unchanged', async () => {
    const client = await subject.load();
    const { httpMetrics } = inside('http/index');
    new client.Gauge({ name: 'http_requests_in_progress', help: 'own' }).set(7);
    expect(thrown(() => httpMetrics())).toContain(
      'A metric with the name http_requests_in_progress has already been registered',
    );
    expect(client.register.getMetricsAsArray().map(({ name }) => name)).toEqual([
      'http_requests_in_progress',
    ]);
    expect(await client.register.metrics()).toContain('http_requests_in_progress 7\n');
  });
});
