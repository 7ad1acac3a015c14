/**
 * `mpmetrics/http`: counts the requests of `node:http` and Connect. With `node --import mpmetrics/http`, it counts the
 * requests to all servers without a line of code.
 */

import { countAll } from './automatic';
import { middleware, type HttpMiddleware } from './listener';
import type { HttpMetricsOptions } from './options';
import { isPreloaded } from './preloaded';

export type { HttpMiddleware } from './listener';
export type { HttpMetricsOptions } from './options';

/**
 * Makes a function that counts requests: `app.use(httpMetrics({ path: '/metrics' }))` with Connect; and with `node:http`
 *
 * ```js
 * const counted = httpMetrics({ path: '/metrics' });
 * createServer((request, response) => counted(request, response, () => response.end('hello')));
 * ```
 *
 * `node:http` and Connect have no routes, so the label `route` is `unmatched`.
 *
 * @param options where the metrics are served, and how requests are counted
 * @returns a function of the request, the response, and the function that answers the request
 * @throws TypeError for an invalid option, Error if the registry has another metric of one of the names
 */
export function httpMetrics(options: HttpMetricsOptions = {}): HttpMiddleware {
  return middleware(options, () => undefined);
}

if (isPreloaded()) countAll();
