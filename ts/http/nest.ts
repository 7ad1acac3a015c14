/** `mpmetrics/nest`: counts the requests of Nest 10 to 12, on Express and on Fastify. */

import type { NodeRequest } from './exchange';
import { expressRoute, noteRoutes, type ExpressRequest } from './express-routes';
import { followFastify, notedRoute } from './fastify-routes';
import { middleware, type HttpMiddleware } from './listener';
import type { HttpMetricsOptions } from './options';

export type { HttpMiddleware } from './listener';
export type { HttpMetricsOptions } from './options';

// On Fastify, Nest calls a middleware with the request of `node:http`. So a hook of Fastify has to store the route.
followFastify();

/**
 * Makes a middleware that counts requests: `app.use(httpMetrics({ path: '/metrics' }))` in the function that creates the
 * application, before all others. The label `route` is the pattern of the handler with the prefixes of its controller
 * and the application, such as `/api/users/:id`; `unmatched` for requests that no handler answers. On Fastify, this
 * module must be loaded before the application is created.
 *
 * @param options where the metrics are served, and how requests are counted
 * @returns a middleware
 * @throws TypeError for an invalid option, Error if the registry has another metric of one of the names
 */
export function httpMetrics(options: HttpMetricsOptions = {}): HttpMiddleware {
  return middleware(options, routeOf, (request) => {
    noteRoutes(request as ExpressRequest);
  });
}

function routeOf(request: NodeRequest & ExpressRequest): string | undefined {
  return notedRoute(request) ?? expressRoute(request);
}
