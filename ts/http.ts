/** A request listener for `http` that serves a registry. Express and Connect accept it, too. */

import { promisify } from 'util';
import { gzip } from 'zlib';

import { messageOf, shown, unfit } from './errors';
import {
  OPENMETRICS_CONTENT_TYPE,
  preferred,
  PROMETHEUS_CONTENT_TYPE,
  type RegistryContentType,
} from './exposition';
import { scopeOf, type ScopeOptions } from './metrics';
import { register as defaultRegister, Registry } from './registry';

const compress = promisify(gzip);

/** The members of a registry that the handler uses. Registries of this package and of prom-client have them. */
export interface Scrapable {
  readonly contentType: string;
  metrics(options?: ScopeOptions): Promise<string>;
  metricsBuffer?(options?: ScopeOptions): Promise<Uint8Array>;
}

export interface HandlerOptions extends ScopeOptions {
  /**
   * True: answers in the text format or in OpenMetrics, as the request's Accept header prefers, and with the registry's
   * own Content-Type if the header prefers neither. It has no effect for registries of other packages.
   */
  negotiate?: boolean;
}

/** The members of a request that the listener uses. Requests of `node:http` and of frameworks on it have them. */
export interface HandlerRequest {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The members of a response that the listener uses; see {@link HandlerRequest | the request}. */
export interface HandlerResponse {
  statusCode: number;
  readonly headersSent: boolean;
  setHeader(name: string, value: string | number): unknown;
  end(body?: Uint8Array): unknown;
  destroy(): unknown;
}

export type MetricsHandler = (request: HandlerRequest, response: HandlerResponse) => Promise<void>;

/**
 * Makes a request listener. It answers:
 *
 * - GET and HEAD with the registry's metrics, compressed if the client accepts gzip;
 * - other methods with status 405;
 * - with status 500 and the reason if a `collect` throws.
 *
 * @param register the default registry if left out
 * @param options scope: `application` (default), `process` or `thread`; negotiate: obey the Accept header
 * @returns a listener whose promise never rejects
 * @throws TypeError if `register` is not a registry, or an option is invalid
 */
export function metricsHandler(
  register: Scrapable = defaultRegister,
  options?: HandlerOptions,
): MetricsHandler {
  if (!isScrapable(register)) {
    throw new TypeError(
      `metricsHandler() takes a registry and then options, and was given ${shown(register)}`,
    );
  }
  if (options !== undefined && typeof options !== 'object') {
    throw unfit("metricsHandler()'s options", 'an object', options);
  }
  const negotiate: unknown = options?.negotiate;
  if (negotiate !== undefined && typeof negotiate !== 'boolean') {
    throw unfit('negotiate', 'true or false', negotiate);
  }
  // Checks the scope here, so that an invalid one does not throw in a scrape.
  scopeOf(options, 'application');
  return async (request, response) => {
    try {
      await serve(register, options, request, response);
    } catch (error) {
      fail(response, 500, `${messageOf(error)}\n`);
    }
  };
}

async function serve(
  register: Scrapable,
  options: HandlerOptions | undefined,
  request: HandlerRequest,
  response: HandlerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    fail(response, 405, 'Method Not Allowed\n');
    return;
  }
  const negotiated = options?.negotiate === true && register instanceof Registry;
  const contentType = negotiated
    ? preferred(request.headers['accept']?.toString(), offered(register))
    : register.contentType;
  const wanted = negotiated ? { ...options, contentType } : options;
  const plain = await (register.metricsBuffer?.(wanted) ??
    register.metrics(wanted).then((text) => Buffer.from(text)));
  const zipped = acceptsGzip(request.headers['accept-encoding']);
  const body = zipped ? await compress(plain) : plain;
  response.statusCode = 200;
  response.setHeader('Content-Type', contentType);
  response.setHeader('Vary', negotiated ? 'Accept, Accept-Encoding' : 'Accept-Encoding');
  if (zipped) response.setHeader('Content-Encoding', 'gzip');
  response.setHeader('Content-Length', body.length);
  response.end(request.method === 'HEAD' ? undefined : body);
}

function isScrapable(given: unknown): given is Scrapable {
  const { metrics, contentType } = (given ?? {}) as Partial<Scrapable>;
  return typeof metrics === 'function' && typeof contentType === 'string';
}

/** Returns the Content-Types that a registry can print, its own first. */
function offered({ contentType }: Scrapable): [RegistryContentType, RegistryContentType] {
  return contentType === OPENMETRICS_CONTENT_TYPE
    ? [OPENMETRICS_CONTENT_TYPE, PROMETHEUS_CONTENT_TYPE]
    : [PROMETHEUS_CONTENT_TYPE, OPENMETRICS_CONTENT_TYPE];
}

function fail(response: HandlerResponse, status: number, message: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = Buffer.from(message);
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.setHeader('Content-Length', body.length);
  response.end(body);
}

/** Returns whether Accept-Encoding allows gzip (RFC 9110 §12.5.3): by the weight of `gzip`, else `x-gzip`, else `*`. */
function acceptsGzip(header: string | string[] | undefined): boolean {
  const weights = new Map<string, number>();
  for (const part of String(header ?? '').split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((one) => one.trim().toLowerCase());
    const weight = parameters.find((one) => one.startsWith('q='));
    weights.set(coding, weight === undefined ? 1 : Number(weight.slice(2)));
  }
  const weight = weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0;
  return weight > 0;
}
