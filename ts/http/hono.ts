/** `mpmetrics/hono`: counts the requests of Hono 3 and 4, on Node.js and on other runtimes with the native module. */

import { metricsResponse, type WebRequest, type WebResponse } from '../serving/response';
import { begin, Exchange, leaveOut, type NodeRequest, type NodeResponse } from './exchange';
import { meterOf } from './meter';
import type { HttpMetricsOptions } from './options';
import { announcedSize, type BodySizes } from './sizes';

export type { HttpMetricsOptions } from './options';

/** A middleware of Hono. */
export type HttpMiddleware = (
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- this package does not load Hono's types
  context: any,
  next: () => Promise<void>,
) => Promise<WebResponse | undefined>;

/** A handler of Hono. A sub-application with an error handler of its own wraps its handlers. */
type Handler = { readonly length: number } & { readonly [COMPOSED]?: Handler };

const COMPOSED = '__COMPOSED_HANDLER';

/** A web-standard Request or Response. */
interface WithBody {
  readonly body: unknown;
  readonly headers: { get(name: string): string | null };
}

/** The members of a context that are used. */
interface Context {
  readonly req: {
    readonly method: string;
    readonly path: string;
    readonly raw: WebRequest & WithBody;
    /** The index in `matchedRoutes` of the handler that runs, or has run last. */
    readonly routeIndex?: number;
    readonly matchedRoutes?: readonly {
      readonly path: string;
      readonly method: string;
      readonly handler: Handler;
    }[];
  };
  readonly res: { readonly status: number } & WithBody;
  /** With `@hono/node-server`: request and response of `node:http`. */
  readonly env?: { readonly incoming?: NodeRequest; readonly outgoing?: NodeResponse };
}

/**
 * Makes a middleware that counts requests: `app.use('*', httpMetrics({ path: '/metrics' }))`, before all others. The
 * label `route` is the pattern of the route with the paths of `route()` and `basePath()`, such as `/users/:id`;
 * `unmatched` for requests without a route.
 *
 * @param options where the metrics are served, and how requests are counted
 * @returns a middleware
 * @throws TypeError for an invalid option, Error if the registry has another metric of one of the names
 */
export function httpMetrics(options: HttpMetricsOptions = {}): HttpMiddleware {
  const meter = meterOf(options);
  const { path: own, authorize, negotiate, scope } = options;
  const serving = Object.fromEntries(
    Object.entries({ authorize, negotiate, scope }).filter(([, value]) => value !== undefined),
  );
  return async (context: Context, next) => {
    const { req, env } = context;
    const outgoing = typeof env?.outgoing?.on === 'function' ? env.outgoing : undefined;
    if (own !== undefined && req.path === own) {
      if (outgoing !== undefined) leaveOut(outgoing);
      return metricsResponse(req.raw, { register: meter.register, ...serving });
    }
    if (outgoing !== undefined && env?.incoming !== undefined) {
      begin(meter, env.incoming, outgoing, routeOf, context, context);
      await next();
      return undefined;
    }
    // Without `node:http`, nothing tells when a response was sent: the request ends when its handlers have run.
    if (meter.ignoresPaths && meter.ignores(req.path)) {
      await next();
      return undefined;
    }
    const sizes = meter.countsSizes ? new AnnouncedSizes(context) : null;
    const exchange = new Exchange(meter, req.method, context, context, routeOf, sizes);
    let status = 500;
    try {
      await next();
      ({ status } = context.res);
    } finally {
      exchange.end(status);
    }
    return undefined;
  };
}

/** The sizes that the headers `Content-Length` of a request and its response announce. */
class AnnouncedSizes implements BodySizes {
  constructor(private readonly context: Context) {}

  get request(): number | undefined {
    const { body, headers } = this.context.req.raw;
    return body === null ? 0 : announcedSize(headers.get('content-length'));
  }

  get response(): number | undefined {
    const { body, headers } = this.context.res;
    return body === null ? 0 : announcedSize(headers.get('content-length'));
  }
}

/** Returns the pattern of the route whose handler ran; undefined if only middleware did. */
function routeOf({ req }: Context): string | undefined {
  const { matchedRoutes = [], routeIndex = 0 } = req;
  const ran = matchedRoutes.slice(0, routeIndex + 1);
  // Both `app.use()` and `app.all()` register with the method ALL.
  return ran.findLast(({ method, handler }) => method !== 'ALL' || !isMiddleware(handler))?.path;
}

/** Returns whether a handler takes a second argument, the function that calls the next handler. */
function isMiddleware(handler: Handler): boolean {
  const inner = composedIn(handler);
  return inner === undefined ? handler.length > 1 : isMiddleware(inner);
}

/** Returns the handler that another one wraps. Hono 3 keeps it under a symbol that it does not export. */
function composedIn(handler: Handler): Handler | undefined {
  const [symbol] = Object.getOwnPropertySymbols(handler).filter(
    ({ description }) => description === 'composedHandler',
  );
  if (symbol === undefined) return handler[COMPOSED];
  return (handler as Handler & Record<symbol, Handler | undefined>)[symbol];
}
