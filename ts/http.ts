/** A listener for `http` that serves a registry; Express and Connect take it too. */

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

/** What the handler needs of a registry: ours, or prom-client's. */
export interface Scrapable {
  readonly contentType: string;
  metrics(options?: ScopeOptions): Promise<string>;
  metricsBuffer?(options?: ScopeOptions): Promise<Uint8Array>;
}

export interface HandlerOptions extends ScopeOptions {
  /**
   * True: the Content-Type is that of the text format or of OpenMetrics, whichever the request's Accept header prefers;
   * the registry's own if it prefers neither. For registries of this package.
   */
  negotiate?: boolean;
}

/** What a listener needs of a request, of `node:http` or of any framework on it. */
export interface HandlerRequest {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What a listener needs of a response; see {@link HandlerRequest | the request}. */
export interface HandlerResponse {
  statusCode: number;
  readonly headersSent: boolean;
  setHeader(name: string, value: string | number): unknown;
  end(body?: Uint8Array): unknown;
  destroy(): unknown;
}

export type MetricsHandler = (request: HandlerRequest, response: HandlerResponse) => Promise<void>;

/**
 * Makes a request listener that answers GET and HEAD with the registry's metrics, compressed if the
 * client asks for gzip; other methods with 405; and with 500 and the reason if a `collect` throws.
 *
 * @param register the default registry if left out
 * @param options scope: `application` (default), `process` or `thread`; negotiate: obey the Accept header
 * @returns a listener whose promise never rejects
 * @throws TypeError for what is no registry, and for invalid options
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
  // An invalid scope throws here, and not in a scrape.
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

/** The Content-Types of a registry, its own first. */
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

/** Reads Accept-Encoding as RFC 9110 §12.5.3 says: the coding's own weight, else that of `*`. */
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
