import { EventEmitter } from 'node:events';
import http, { Agent } from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';

import { afterEach, describe, expect, test } from 'vitest';

import { certificate, LocalGateway, type Answer } from '../support/local-gateway';
import {
  any,
  oracle,
  rejected,
  sameAsPromClient,
  subjects,
  thrown,
  type Client,
} from '../support/subject';

const started: LocalGateway[] = [];

afterEach(() => {
  for (const gateway of started.splice(0)) gateway.stop();
});

async function start(answer?: Answer, tls?: boolean): Promise<LocalGateway> {
  const gateway = await LocalGateway.start(answer, tls);
  started.push(gateway);
  return gateway;
}

function count(client: Client, value = 1): void {
  new client.Counter({ name: 'jobs_total', help: 'h', labelNames: ['a'] }).inc(
    { a: 'ü"\n' },
    value,
  );
}

/** Makes a program that calls `method`. Its result: the requests that arrived, and the answer's status and body. */
function pushes(
  method: 'push' | 'pushAdd' | 'delete',
  parameters: unknown,
  {
    options,
    url = (host) => `http://${host}`,
  }: { options?: object | (() => object); url?: (host: string) => string } = {},
) {
  return async (client: Client) => {
    const gateway = await start({ status: 202, body: 'taken' });
    count(client);
    const target = new client.Pushgateway(
      url(gateway.host),
      typeof options === 'function' ? (options as () => object)() : options,
    );
    const { resp, body } = await target[method](any(parameters));
    return [gateway.pushes, resp.statusCode, body];
  };
}

/** A request that is not sent, with the calls that were made on it. */
class FakeRequest extends EventEmitter {
  readonly done: unknown[] = [];

  write(body: unknown): void {
    this.done.push(['write', String(body)]);
  }

  end(): void {
    this.done.push(['end']);
  }

  destroy(): void {
    this.done.push(['destroy']);
  }
}

/** Runs a function while `http.request` and `https.request` are replaced, as tests of applications replace them. */
async function faked<T>(run: (requests: FakeRequest[]) => Promise<T>): Promise<T> {
  const requests: FakeRequest[] = [];
  const real = [http.request, https.request] as const;
  const fake = ({ method, path }: { method: string; path: string }): FakeRequest => {
    const request = new FakeRequest();
    request.done.push([method, path]);
    requests.push(request);
    return request;
  };
  Object.assign(http, { request: fake });
  Object.assign(https, { request: fake });
  syncBuiltinESMExports();
  try {
    return await run(requests);
  } finally {
    Object.assign(http, { request: real[0] });
    Object.assign(https, { request: real[1] });
    syncBuiltinESMExports();
  }
}

/**
 * Makes a program that calls `method`. Its result: the calls that were made on requests before `method` returned, with
 * their arguments, and the names of all calls that were made on requests.
 */
function asks(method: 'push' | 'pushAdd' | 'delete', url: string, options?: () => object) {
  return (client: Client) =>
    faked(async (requests) => {
      count(client);
      const target = new client.Pushgateway(url, options?.());
      void target[method]({ jobName: 'j' });
      const atOnce = JSON.stringify(requests.map(({ done }) => done));
      for (let i = 0; i < 1000 && requests[0]?.done.at(-1)?.toString() !== 'end'; i++) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return [atOnce, requests.map(({ done }) => done.map((one) => (one as unknown[])[0]))];
    });
}

/** The error with which a push rejects. */
function fails(answer: Answer, options?: object) {
  return async (client: Client) => {
    const gateway = await start(answer);
    count(client);
    return rejected(
      new client.Pushgateway(`http://${gateway.host}`, options).push({ jobName: 'j' }),
    );
  };
}

const METHODS = ['push', 'pushAdd', 'delete'] as const;
// A new object each time, because prom-client deletes the encoding from the caller's own headers.
const gzip = () => ({ headers: { 'Content-Encoding': 'gzip', 'X-Custom': 'x' } });

sameAsPromClient({
  ...Object.fromEntries(
    METHODS.flatMap((method) => [
      [`${method} sends its method, path and body`, pushes(method, { jobName: 'j' })],
      [
        `${method} escapes job and groupings`,
        pushes(method, {
          jobName: 'a b?ü%',
          groupings: { instance: '10.0.0.1:80', 'k ey': 'v#&=', n: any(3) },
        }),
      ],
      [`${method} compresses`, pushes(method, { jobName: 'j' }, { options: gzip })],
      [
        `${method} sends user and password of the URL`,
        pushes(method, { jobName: 'j' }, { url: (host) => `http://us%20er:p%40ss@${host}` }),
      ],
      [
        `${method} sends user and password of the options`,
        pushes(method, { jobName: 'j' }, { options: { auth: 'user:pass' } }),
      ],
      [
        `${method} needs no job if none is required`,
        pushes(method, undefined, { options: { requireJobName: false } }),
      ],
      [
        `${method} ignores groupings if there is no job`,
        pushes(method, { groupings: { a: 'b' } }, { options: { requireJobName: false } }),
      ],
      [
        `${method} without a job throws at once`,
        (client: Client) => {
          const target = new client.Pushgateway('http://127.0.0.1:1');
          return [undefined, {}, { jobName: '' }].map((one) =>
            thrown(() => void target[method](any(one))),
          );
        },
      ],
    ]),
  ),
  'keeps the path of the URL': pushes(
    'push',
    { jobName: 'j', groupings: { a: 'b' } },
    { url: (host) => `http://${host}/behind/proxy` },
  ),
  'sends headers': pushes('push', { jobName: 'j' }, { options: { headers: { 'X-Custom': 'x' } } }),
  'lets options win over the URL': async (client) => {
    const gateway = await start();
    count(client);
    const [hostname, port] = gateway.host.split(':');
    const target = new client.Pushgateway('http://user:pass@example.invalid:1', {
      hostname,
      port,
      auth: 'other:one',
    });
    await target.push({ jobName: 'j' });
    return gateway.pushes;
  },
  'uses an agent': async (client) => {
    const gateway = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const target = new client.Pushgateway(`http://${gateway.host}`, { agent });
    const answers = [
      await target.push({ jobName: 'j' }),
      await target.push({ jobName: 'j' }),
    ] as const;
    const [one, other] = answers.map(({ resp }) => (resp as { socket?: unknown }).socket);
    const reused = one === other;
    agent.destroy();
    return [gateway.pushes, reused];
  },
  'pushes over https': async (client) => {
    const gateway = await start(undefined, true);
    count(client);
    const target = new client.Pushgateway(`https://${gateway.host}`, { ca: certificate.cert });
    await target.pushAdd({ jobName: 'j' });
    const strict = new client.Pushgateway(`https://${gateway.host}`);
    return [gateway.pushes, await rejected(strict.push({ jobName: 'j' }))];
  },
  'pushes another registry': async (client) => {
    const gateway = await start();
    const registry = new client.Registry();
    new client.Gauge({ name: 'own', help: 'h', registers: [registry] }).set(7);
    count(client);
    for (const options of [{}, null, undefined]) {
      await new client.Pushgateway(`http://${gateway.host}`, options, registry).push({
        jobName: 'j',
      });
    }
    return gateway.pushes;
  },
  'has its arguments as properties': (client) => {
    const registry = new client.Registry();
    const made = new client.Pushgateway(
      'http://a/b',
      { timeout: 5, requireJobName: false },
      registry,
    );
    const plain = new client.Pushgateway('http://a/b');
    return [
      made.gatewayUrl,
      made.requireJobName,
      made.requestOptions,
      made.registry === registry,
      plain.requireJobName,
      plain.requestOptions,
      plain.registry === client.register,
    ];
  },
  'rejects an answer of 400': fails({ status: 400, body: 'text format parsing error' }),
  'rejects an answer of 500 without a body': fails({ status: 500, body: '' }),
  'resolves with an answer of 301': async (client) => {
    const gateway = await start({ status: 301, body: 'moved' });
    const { resp, body } = await new client.Pushgateway(`http://${gateway.host}`).push({
      jobName: 'j',
    });
    return [resp.statusCode, body];
  },
  'rejects after the timeout': fails('hang', { timeout: 50 }),
  "rejects after the agent's timeout": fails('hang', {
    agent: new Agent({ timeout: 50 }),
  }),
  'rejects when no server listens': async (client) => {
    const gateway = await start();
    gateway.stop();
    const { host } = gateway;
    const said = await rejected(new client.Pushgateway(`http://${host}`).push({ jobName: 'j' }));
    return said.replace(host, 'HOST');
  },
  'rejects when a collect throws': async (client) => {
    const gateway = await start();
    new client.Gauge({
      name: 'g',
      help: 'h',
      collect() {
        throw new Error('no');
      },
    });
    const target = new client.Pushgateway(`http://${gateway.host}`);
    return rejected(target.push({ jobName: 'j' }));
  },
  ...Object.fromEntries(
    METHODS.flatMap((method) => [
      [`${method} has made its request when it returns`, asks(method, 'http://a.invalid')],
      [
        `${method} over TLS has made its request when it returns`,
        asks(method, 'https://a.invalid:1/path'),
      ],
      [
        `${method} with compression has made its request when it returns`,
        asks(method, 'http://a.invalid', gzip),
      ],
    ]),
  ),
  'rejects another protocol': (client) =>
    rejected(new client.Pushgateway('ftp://a').push({ jobName: 'j' })),
});

describe.each(subjects)('Pushgateway on $name', ({ load }) => {
  test('takes a registry in the place of options, as @prometheus-io/client does', async () => {
    const client = await load();
    const gateway = await start();
    const registry = new client.Registry();
    new client.Gauge({ name: 'own', help: 'h', registers: [registry] }).set(7);
    await new client.Pushgateway(`http://${gateway.host}`, registry).push({ jobName: 'j' });
    const other = await oracle.load();
    new other.Gauge({ name: 'foreign', help: 'h' }).set(8);
    const foreign = new client.Pushgateway(`http://${gateway.host}`, other.register);
    expect(foreign.registry).toBe(other.register);
    await foreign.push({ jobName: 'j' });
    expect(gateway.pushes.map(({ body }) => body)).toEqual([
      await registry.metrics(),
      await other.register.metrics(),
    ]);
  });

  test('throws if the scope is unknown', async () => {
    const client = await load();
    expect(thrown(() => new client.Pushgateway('http://a', { scope: any('all') }))).toBe(
      "TypeError: scope must be 'application', 'process' or 'thread', and is 'all'",
    );
  });

  test('destroys its request when a collect throws', async () => {
    const client = await load();
    const collect = (): Promise<void> => Promise.reject(new Error('no'));
    new client.Gauge({ name: 'g', help: 'h', collect });
    await faked(async (requests) => {
      const pushed = new client.Pushgateway('http://a.invalid').push({ jobName: 'j' });
      expect(await rejected(pushed)).toBe('Error: no');
      expect(requests.map(({ done }) => done)).toEqual([[['PUT', '/metrics/job/j'], ['destroy']]]);
    });
  });

  // docs/COMPATIBILITY.md has a line for each of the following differences.
  test('goes on compressing after a delete', async () => {
    const client = await load();
    const gateway = await start();
    const options = { headers: { 'content-encoding': 'gzip' } };
    const target = new client.Pushgateway(`http://${gateway.host}`, options);
    await target.push({ jobName: 'j' });
    await target.delete({ jobName: 'j' });
    await target.push({ jobName: 'j' });
    expect(gateway.pushes.map(({ encoding }) => encoding)).toEqual(['gzip', undefined, 'gzip']);
    expect(options).toEqual({ headers: { 'content-encoding': 'gzip' } });
  });

  test('makes no double slash if the URL ends in a slash', async () => {
    const client = await load();
    const gateway = await start();
    await new client.Pushgateway(`http://${gateway.host}/path/`).push({ jobName: 'j' });
    expect(gateway.pushes[0]!.url).toBe('/path/metrics/job/j');
  });

  test('sends a value with a slash, and an empty one, as base64', async () => {
    const client = await load();
    const gateway = await start();
    const target = new client.Pushgateway(`http://${gateway.host}`);
    await target.push({ jobName: 'a/b', groupings: { path: '/ü?', none: '' } });
    const path = Buffer.from('/ü?').toString('base64url');
    expect(gateway.pushes[0]!.url).toBe(
      `/metrics/job@base64/YS9i/path@base64/${path}/none@base64/=`,
    );
  });

  test('rejects an invalid URL, and an answer that breaks off', async () => {
    const client = await load();
    const bare = new client.Pushgateway('127.0.0.1:9091');
    expect(await rejected(bare.push({ jobName: 'j' }))).toMatch(/^TypeError: Invalid URL/);
    const gateway = await start('cut');
    const target = new client.Pushgateway(`http://${gateway.host}`);
    expect(await rejected(target.push({ jobName: 'j' }))).toMatch(/aborted|hang up|ECONNRESET/);
  });
});
