/** Pushes a registry to a Prometheus Pushgateway, for jobs that end before a scrape. */

import { request as requestHttp, type RequestOptions } from 'http';
import { request as requestHttps, type RequestOptions as TlsRequestOptions } from 'https';
import { urlToHttpOptions } from 'url';
import { promisify } from 'util';
import { gzip } from 'zlib';

import {
  ApplicationElection,
  intervalOf,
  Pusher,
  statisticsOf,
  warnerOf,
  type RunningEngine,
} from './engines';
import { unfit } from './errors';
import { hide, scopeOf, warnOfMisspelt, type Scope, type ScopeOptions } from './metrics';
import { register as defaultRegister } from './registry';

/**
 * The members that a registry must have for a Pushgateway, which calls `metrics()` and takes its type parameter from
 * `contentType`. Registries of this package and of prom-client have both.
 */
export interface Pushable<T extends string = string> {
  readonly contentType: T;
  metrics(options?: ScopeOptions): Promise<string>;
}

/** Options of `http` or `https`, and two more: `requireJobName`, and this package's own `scope`. */
export interface PushgatewayOptions {
  headers?: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  /** `user:password` */
  auth?: string | null | undefined;
  /** Milliseconds of inactivity of the gateway after which a push rejects. */
  timeout?: number | undefined;
  agent?: object | boolean | undefined;
  /** Any other option of `http` or `https`. */
  [option: string]: unknown;
  /** False: pushes without `jobName` go to the gateway's `/metrics`. Default true. */
  requireJobName?: boolean;
  /** Whose parts are pushed: those of the whole application (default), of this process or of this thread. */
  scope?: Scope;
}

/** The group in the gateway to which metrics are pushed. */
export interface PushgatewayParameters {
  jobName: string;
  /** Further labels of the group. A value that is empty or has a slash is sent as base64. */
  groupings?: Record<string, string>;
}

/** Options of `Pushgateway.start()`. */
export interface PushgatewayInterval extends PushgatewayParameters {
  /** Seconds between two pushes; 15 if left out. */
  intervalSeconds?: number;
  /** `push` (default) replaces all metrics of the group, `pushAdd` those of the same names. */
  method?: 'push' | 'pushAdd';
  /** True: the elected isolate deletes the group when it is closed, in place of a last push. */
  deleteOnClose?: boolean;
}

/** The names of {@link PushgatewayInterval}. */
const INTERVAL_OPTIONS: readonly (keyof PushgatewayInterval)[] = [
  ...(['jobName', 'groupings', 'intervalSeconds', 'method', 'deleteOnClose'] as const),
];

/** The gateway's answer. */
export interface PushgatewayResponse {
  /** Node.js's `IncomingMessage`, whose body has been read. */
  resp: {
    readonly statusCode?: number | undefined;
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  };
  body: string;
}

/** The key of the property that holds the scope; see `metrics/hidden.ts`. */
const SCOPE: unique symbol = Symbol('scope');

export class Pushgateway<T extends string = string> {
  /** @internal */
  readonly registry: Pushable<T>;
  /** @internal */
  readonly gatewayUrl: string;
  /** @internal */
  readonly requireJobName: boolean;
  /** @internal */
  readonly requestOptions: TlsRequestOptions;
  /** @internal */
  declare readonly [SCOPE]: Scope | undefined;

  /**
   * @param gatewayUrl such as `http://127.0.0.1:9091`; may have a path and `user:password@`
   * @param options of each request; see {@link PushgatewayOptions}
   * @param registry the registry to push; the default registry if left out
   * @throws TypeError for an unknown scope
   */
  constructor(gatewayUrl: string, registry: Pushable<T>);
  constructor(gatewayUrl: string, options?: PushgatewayOptions | null, registry?: Pushable<T>);
  /** Options of any type, as in prom-client's declarations. */
  constructor(gatewayUrl: string, options: unknown, registry?: Pushable<T>);
  constructor(gatewayUrl: string, options?: unknown, registry?: Pushable<T>) {
    // As in @prometheus-io/client, the second argument may be a registry, here also of another copy of this package.
    const second = isPushable(options);
    const { requireJobName, scope, ...requestOptions } = {
      requireJobName: true,
      ...(second ? null : (options as PushgatewayOptions | null | undefined)),
    };
    if (scope !== undefined) scopeOf({ scope }, 'application');
    this.registry =
      (second ? (options as Pushable<T>) : registry) ||
      (defaultRegister as Pushable as Pushable<T>);
    this.gatewayUrl = gatewayUrl;
    this.requireJobName = requireJobName;
    this.requestOptions = requestOptions as TlsRequestOptions;
    hide(this, SCOPE, scope);
  }

  /**
   * Replaces the metrics of the group that have the same names (POST).
   *
   * @throws Error `Missing jobName parameter`, synchronously
   * @returns rejects if the gateway cannot be reached, if it answers with 400 or above (`push failed with
   *   status 400, …`) or not in time (`Pushgateway request timed out`), or if a `collect` throws
   */
  pushAdd(params?: PushgatewayParameters): Promise<PushgatewayResponse> {
    return send(this, 'POST', checked(this, params));
  }

  /** Replaces all metrics of the group (PUT). Throws and rejects as {@link pushAdd} does. */
  push(params?: PushgatewayParameters): Promise<PushgatewayResponse> {
    return send(this, 'PUT', checked(this, params));
  }

  /** Deletes all metrics of the group. Throws and rejects as {@link pushAdd} does. */
  delete(params?: PushgatewayParameters): Promise<PushgatewayResponse> {
    return send(this, 'DELETE', checked(this, params));
  }

  /**
   * Pushes what {@link push} pushes, at once and then in each interval. All processes and threads of an application may
   * call this for one group: one of them pushes, and when it ends or is closed, another one goes on. The gateway keeps
   * one state of the group, so the groupings should not differ from process to process. This keeps no process alive. The
   * statistics and warnings are those of `startEngine()`, with `pushgateway:`, the gateway's host and the group as the
   * engine's name.
   *
   * @returns functions to push now and to end pushing; the elected isolate pushes (or deletes the group) one last time
   *   when it is closed
   * @throws Error `Missing jobName parameter`; TypeError for an invalid URL of the gateway or an invalid option
   */
  start(options: PushgatewayInterval): RunningEngine {
    if (typeof options !== 'object' || (options as unknown) === null) {
      throw unfit("start()'s options", 'an object', options);
    }
    const { intervalSeconds, method = 'push', deleteOnClose = false, ...params } = options;
    checked(this, params);
    const milliseconds = intervalOf(intervalSeconds);
    if (!['push', 'pushAdd'].includes(method)) throw unfit('method', "'push' or 'pushAdd'", method);
    if (typeof deleteOnClose !== 'boolean') {
      throw unfit('deleteOnClose', 'true or false', deleteOnClose);
    }
    warnOfMisspelt(options, INTERVAL_OPTIONS, 'start()');
    const { host, pathname } = new URL(this.gatewayUrl);
    const name = `pushgateway:${host}${pathname.replace(/\/$/, '')}${groupPath(params)}`;
    const task = {
      election: new ApplicationElection(name),
      push: () => this[method](params),
      ...(deleteOnClose && { finish: () => this.delete(params) }),
      warn: warnerOf(name),
      statistics: statisticsOf(this.registry, name),
    };
    return new Pusher(task, milliseconds);
  }
}

function checked(
  gateway: Pushgateway,
  params: Partial<PushgatewayParameters> = {},
): Partial<PushgatewayParameters> {
  if (gateway.requireJobName && !params.jobName) throw new Error('Missing jobName parameter');
  return params;
}

/**
 * Sends a request. Calls `http.request` before any `await`: as with prom-client, a test that replaces `http.request`
 * sees the call when `push()` has returned.
 */
async function send(
  gateway: Pushgateway,
  method: 'POST' | 'PUT' | 'DELETE',
  params: Partial<PushgatewayParameters>,
): Promise<PushgatewayResponse> {
  const url = new URL(gateway.gatewayUrl);
  const path = `${url.pathname.replace(/\/$/, '')}/metrics${groupPath(params)}`;
  const options: RequestOptions = {
    ...urlToHttpOptions(url),
    path,
    ...gateway.requestOptions,
    method,
  };
  const headers = Object.entries(options.headers ?? {});
  const isEncoding = ([name]: [string, unknown]) => name.toLowerCase() === 'content-encoding';
  if (method === 'DELETE') {
    options.headers = Object.fromEntries(headers.filter((header) => !isEncoding(header)));
    return exchange(options, null);
  }
  const zipped = headers.some((header) => isEncoding(header) && header[1] === 'gzip');
  return exchange(options, async () => {
    const text = await gateway.registry.metrics({ scope: gateway[SCOPE] });
    return zipped ? promisify(gzip)(text) : text;
  });
}

/** prom-client's names for the types that go with the class. */
// eslint-disable-next-line @typescript-eslint/no-namespace -- users write `Pushgateway.Parameters`
export declare namespace Pushgateway {
  export type Parameters = PushgatewayParameters;
  export type Options = PushgatewayOptions;
}

function isPushable(given: unknown): boolean {
  return typeof (given as Pushable | null | undefined)?.metrics === 'function';
}

/** Returns the group as the end of a path, see https://github.com/prometheus/pushgateway#url. */
function groupPath({ jobName, groupings }: Partial<PushgatewayParameters>): string {
  if (!jobName) return '';
  const labels: [string, unknown][] = [['job', jobName], ...Object.entries(groupings ?? {})];
  return labels.map(([name, value]) => segmentOf(name, String(value))).join('');
}

function segmentOf(name: string, value: string): string {
  const label = encodeURIComponent(name);
  // The gateway decodes a path before it splits it: a slash would end the value, and an empty value would be missing in
  // the path.
  if (value !== '' && !value.includes('/')) return `/${label}/${encodeURIComponent(value)}`;
  return `/${label}@base64/${value === '' ? '=' : Buffer.from(value).toString('base64url')}`;
}

/** @param body returns the text to send; null for a request without a body */
function exchange(
  options: RequestOptions,
  body: (() => Promise<string | Buffer>) | null,
): Promise<PushgatewayResponse> {
  const start = options.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const outgoing = start(options, (resp) => {
      let text = '';
      resp.setEncoding('utf8');
      resp.on('data', (chunk: string) => (text += chunk));
      resp.on('error', reject);
      resp.on('end', () => {
        const status = resp.statusCode!;
        if (status >= 400) reject(refusal(`push failed with status ${status}, ${text}`, status));
        else resolve({ resp, body: text });
      });
    });
    outgoing.on('error', reject);
    outgoing.on('timeout', () => {
      outgoing.destroy(refusal('Pushgateway request timed out', 'timeout'));
    });
    if (body === null) {
      outgoing.end();
      return;
    }
    const sent = body();
    void sent.then((text) => {
      outgoing.write(text);
      outgoing.end();
    }, reject);
    // If there is no text because a `collect` threw, the request would never end, and would hold a connection.
    sent.catch(() => outgoing.destroy());
  });
}

/** Returns an error with the reason by which a push in an interval is counted. */
function refusal(message: string, reason: number | string): Error {
  return Object.assign(new Error(message), { reason: String(reason) });
}
