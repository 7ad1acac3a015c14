/** The answer to a request for metrics, whatever server got the request. */

import { promisify } from 'util';
import { gzip } from 'zlib';

import { codeOf, messageOf, shown, unfit, type Unavailable } from '../errors';
import {
  OPENMETRICS_CONTENT_TYPE,
  preferred,
  PROMETHEUS_CONTENT_TYPE,
  type RegistryContentType,
} from '../exposition';
import { scopeOf, warnOfMisspelt, type PrintScopeOptions, type ScopeOptions } from '../metrics';
import { Registry } from '../registry';
import { SegmentReader } from '../segment-reader';

/** The members of a registry that an answer needs. Registries of this package and of prom-client have them. */
export interface Scrapable {
  readonly contentType: string;
  metrics(options?: ScopeOptions): Promise<string>;
  metricsBuffer?(options?: ScopeOptions): Promise<Uint8Array>;
}

/** Options of whatever serves metrics. `R` is the type of its requests. */
export interface ServingOptions<R = unknown> extends PrintScopeOptions {
  /**
   * True: answers in the text format or in OpenMetrics, as the request's Accept header prefers, and with the registry's
   * own Content-Type if the header prefers neither. It has no effect for registries of other packages.
   */
  negotiate?: boolean;
  /** The only path that is served, from its `/` on and without a query; requests for others get 404. */
  path?: string;
  /** Returns whether a request gets the metrics, or a promise of that. If not, it gets 401. */
  authorize?: (request: R) => boolean | Promise<boolean>;
}

/** The names of {@link ServingOptions}. */
export const OPTIONS: readonly (keyof ServingOptions)[] = [
  ...(['negotiate', 'path', 'authorize', 'scope'] as const),
];

/** An answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Null if a HEAD request is answered with status 200. */
  readonly body: Uint8Array | null;
}

/** What an answer depends on. */
export interface Question {
  readonly method: string | undefined;
  /** A path or an absolute URL, with its query. */
  readonly url: string | undefined;
  /** Returns the value of a header that is named in lower case. */
  header(name: string): string | undefined;
}

/** Throws unless the option `register` is a registry. */
export function checkRegister(register: unknown): void {
  if (!isScrapable(register)) throw unfit('register', 'a registry', register);
}

/** Throws unless these are a registry and valid options of the function that is called `name`. */
export function checkServing(name: string, register: unknown, options: unknown): void {
  if (!isScrapable(register)) {
    throw new TypeError(
      `${name}() takes a registry and then options, and was given ${shown(register)}`,
    );
  }
  if (options !== undefined && typeof options !== 'object') {
    throw unfit(`${name}()'s options`, 'an object', options);
  }
  const given = (options ?? {}) as Readonly<Record<string, unknown>>;
  checkOptions(given);
  warnOfMisspelt(given, OPTIONS, `${name}()`);
}

/** Throws for an invalid option of {@link ServingOptions}. */
export function checkOptions(options: Readonly<Record<string, unknown>>): void {
  const { negotiate, path, authorize } = options;
  if (negotiate !== undefined && typeof negotiate !== 'boolean') {
    throw unfit('negotiate', 'true or false', negotiate);
  }
  if (path !== undefined && !(typeof path === 'string' && /^\/[^?#]*$/.test(path))) {
    throw unfit('path', "a text that begins with '/' and has no '?' and no '#'", path);
  }
  if (authorize !== undefined && typeof authorize !== 'function') {
    throw unfit('authorize', 'a function', authorize);
  }
  // Checks the scope here, so that an invalid one does not throw in a scrape.
  if (options['scope'] !== 'hosts') scopeOf(options, 'application');
}

/**
 * Answers a request, never with a rejection: a `collect` or `authorize` that throws yields status 500 and its reason, and
 * hosts that cannot be read yield status 503.
 *
 * @param request what `authorize` gets
 */
export async function answer<R>(
  register: Scrapable,
  options: ServingOptions<R>,
  question: Question,
  request: R,
): Promise<Answer> {
  try {
    if (options.path !== undefined && pathOf(question.url) !== options.path) {
      return refusal(404, 'Not Found\n');
    }
    if (options.authorize !== undefined && !(await options.authorize(request))) {
      return refusal(401, 'Unauthorized\n', { 'WWW-Authenticate': 'Basic realm="metrics"' });
    }
    if (question.method !== 'GET' && question.method !== 'HEAD') {
      return refusal(405, 'Method Not Allowed\n', { Allow: 'GET, HEAD' });
    }
    return await scrape(register, options, question);
  } catch (error) {
    // By its code, because another copy of this package may have thrown it.
    if (codeOf(error) === 'ERR_MPMETRICS_UNAVAILABLE') {
      const { retryAfterSeconds } = error as Unavailable;
      return refusal(503, `${messageOf(error)}\n`, { 'Retry-After': String(retryAfterSeconds) });
    }
    return refusal(500, `${messageOf(error)}\n`);
  }
}

async function scrape(
  register: Scrapable,
  { negotiate, scope }: ServingOptions<never>,
  question: Question,
): Promise<Answer> {
  const prints = register instanceof Registry || register instanceof SegmentReader;
  const negotiated = negotiate === true && prints;
  const contentType = negotiated
    ? preferred(question.header('accept'), offered(register))
    : register.contentType;
  const given: PrintScopeOptions = scope === undefined ? {} : { scope };
  const wanted = negotiated ? { ...given, contentType } : given;
  const plain = await (register.metricsBuffer?.(wanted as ScopeOptions) ??
    register.metrics(wanted as ScopeOptions).then((text) => Buffer.from(text)));
  const zipped = acceptsGzip(question.header('accept-encoding'));
  const body = zipped ? await promisify(gzip)(plain) : plain;
  return {
    status: 200,
    headers: {
      'Content-Type': contentType,
      Vary: negotiated ? 'Accept, Accept-Encoding' : 'Accept-Encoding',
      ...(zipped ? { 'Content-Encoding': 'gzip' } : {}),
      'Content-Length': String(body.length),
    },
    body: question.method === 'HEAD' ? null : body,
  };
}

function isScrapable(given: unknown): given is Scrapable {
  const { metrics, contentType } = (given ?? {}) as Partial<Scrapable>;
  return typeof metrics === 'function' && typeof contentType === 'string';
}

/** Returns the path of a URL as it was sent, without decoding it. The URL may be a path, as in most request lines. */
export function pathOf(url = '/'): string {
  const path = url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '');
  return /^[^?#]*/.exec(path)![0] || '/';
}

/** Returns the Content-Types that a registry can print, its own first. */
function offered({ contentType }: Scrapable): [RegistryContentType, RegistryContentType] {
  return contentType === OPENMETRICS_CONTENT_TYPE
    ? [OPENMETRICS_CONTENT_TYPE, PROMETHEUS_CONTENT_TYPE]
    : [PROMETHEUS_CONTENT_TYPE, OPENMETRICS_CONTENT_TYPE];
}

function refusal(status: number, message: string, more?: Answer['headers']): Answer {
  const body = Buffer.from(message);
  const headers = { 'Content-Type': 'text/plain; charset=utf-8', ...more };
  return { status, headers: { ...headers, 'Content-Length': String(body.length) }, body };
}

/** Returns whether Accept-Encoding allows gzip (RFC 9110 §12.5.3): by the weight of `gzip`, else `x-gzip`, else `*`. */
function acceptsGzip(header = ''): boolean {
  const weights = new Map<string, number>();
  for (const part of header.split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((one) => one.trim().toLowerCase());
    const weight = parameters.find((one) => one.startsWith('q='));
    weights.set(coding, weight === undefined ? 1 : Number(weight.slice(2)));
  }
  const weight = weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0;
  return weight > 0;
}
