/** The pattern of the route that Fastify found for a request. */

import { subscribe } from 'diagnostics_channel';

import type { NodeRequest, NodeResponse } from './exchange';

const ROUTE: unique symbol = Symbol('mpmetrics.route');

/** A request of Fastify. */
export interface FastifyRequest {
  readonly raw: NodeRequest & { [ROUTE]?: string };
  readonly url: string;
  readonly method: string;
  readonly headers: NodeRequest['headers'];
  /** True if Fastify found no route. */
  readonly is404?: boolean;
  /** Since Fastify 4.10. */
  readonly routeOptions?: { readonly url?: string | undefined };
  /** Before Fastify 5. */
  readonly routerPath?: string | undefined;
}

/** A reply of Fastify. */
export interface FastifyReply {
  readonly raw: NodeResponse;
  hijack(): unknown;
}

/** The members of an instance of Fastify that are used. */
export interface FastifyInstance {
  readonly server: {
    on(event: 'request', listener: (request: NodeRequest, response: NodeResponse) => void): unknown;
  };
  /** The prefixes of the plugins around the instance. */
  readonly prefix: string;
  addHook(
    name: 'onRequest' | 'onResponse',
    hook: (request: FastifyRequest, reply: FastifyReply, done: () => void) => void,
  ): unknown;
  all(path: string, handler: (request: FastifyRequest, reply: FastifyReply) => void): unknown;
}

/** Returns the pattern of a request's route; undefined if Fastify found none. */
export function routeOf(request: FastifyRequest): string | undefined {
  if (request.is404 === true) return undefined;
  return request.routeOptions === undefined ? request.routerPath : request.routeOptions.url;
}

/** Stores the route of a request on its request of `node:http`, for code that gets only the latter. */
export function noteRoute(request: FastifyRequest): void {
  const route = routeOf(request);
  if (route !== undefined) request.raw[ROUTE] = route;
}

/** Returns the route that {@link noteRoute} stored; undefined if it stored none. */
export function notedRoute(request: NodeRequest): string | undefined {
  return (request as FastifyRequest['raw'])[ROUTE];
}

let follows = false;

/** Makes all instances that are created from now on store the routes of their requests: see {@link noteRoute}. */
export function followFastify(): void {
  if (follows) return;
  follows = true;
  subscribe('fastify.initialization', (message) => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook('onRequest', (request, _reply, next) => {
      noteRoute(request);
      next();
    });
  });
}
