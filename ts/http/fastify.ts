/** `mpmetrics/fastify`: counts the requests of Fastify 4 and 5. */

import { begin, end, leaveOut, type NodeRequest } from './exchange';
import {
  followFastify,
  notedRoute,
  noteRoute,
  routeOf,
  type FastifyInstance,
} from './fastify-routes';
import { isPath, servedBy } from './listener';
import { meterOf } from './meter';
import type { HttpMetricsOptions } from './options';

export type { HttpMetricsOptions } from './options';

// Adds a hook to each instance before all others, so that the route is known even if an earlier hook than that of the
// plugin sends the response.
followFastify();

/** A plugin of Fastify. */
export type HttpPlugin = (
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- this package does not load Fastify's types
  instance: any,
  options: unknown,
  done: (error?: Error) => void,
) => void;

/**
 * Makes a plugin that counts requests: `app.register(httpMetrics({ path: '/metrics' }))`, before all others. It counts
 * the requests of all routes of the instance, and of its children. The label `route` is the pattern of the route with
 * the prefixes of its plugins, such as `/users/:id`; `unmatched` for requests without a route.
 *
 * @param options where the metrics are served, and how requests are counted
 * @returns a plugin
 * @throws TypeError for an invalid option, Error if the registry has another metric of one of the names
 */
export function httpMetrics(options: HttpMetricsOptions = {}): HttpPlugin {
  const meter = meterOf(options);
  const served = servedBy(meter, options);
  const plugin = (instance: FastifyInstance, _options: unknown, done: () => void): void => {
    if (served !== null) {
      instance.all(served.path, (request, reply) => {
        reply.hijack();
        void served.handler(request.raw, reply.raw);
      });
    }
    const ownPath = served === null ? null : instance.prefix + served.path;
    const ours = ({ url }: NodeRequest) => ownPath !== null && isPath(url, ownPath);
    instance.addHook('onRequest', (request, reply, next) => {
      if (ours(request.raw)) {
        leaveOut(reply.raw);
        next();
        return;
      }
      noteRoute(request);
      const exchange = begin(meter, request.raw, reply.raw, routeOf, request, reply);
      // If a hook before this one has waited, the listener below has already called `begin`, and without the arguments
      // of Fastify. This call replaces the arguments.
      exchange?.isOf(request, reply, routeOf);
      next();
    });
    // No other event tells the end of a request of `inject()`.
    instance.addHook('onResponse', (_request, reply, next) => {
      end(reply.raw);
      next();
    });
    // Fastify calls no hook for an invalid URL, so this listener counts it. Fastify's own listener is called before.
    instance.server.on('request', (request, response) => {
      if (!ours(request)) begin(meter, request, response, notedRoute);
    });
    done();
  };
  // The hooks are to apply to the instance that registers the plugin, not to a child of it.
  return Object.assign(plugin, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: 'mpmetrics',
  });
}
