/** A request with its response, on `node:http` or in Hono without `node:http`. It is counted once, when it ends. */

import { performance } from 'perf_hooks';

import { messageOf, warnOnce } from '../errors';
import type { HandlerRequest, HandlerResponse } from '../serving/handler';
import { pathOf } from '../serving/answer';
import type { Measured, Meter, Method } from './meter';

const EXCHANGE: unique symbol = Symbol('mpmetrics.exchange');

/** The members of a response of `node:http` and `node:http2` that are used here. */
export interface NodeResponse extends HandlerResponse {
  readonly writableFinished?: boolean;
  readonly writableEnded?: boolean;
  /** The stream of HTTP/2. */
  readonly stream?: { readonly aborted: boolean } | undefined;
  /** The connection; null while the connection still has an earlier request's response to send. */
  readonly socket?: { readonly destroyed?: boolean } | null;
  on(event: 'close', listener: (this: NodeResponse) => void): unknown;
  [EXCHANGE]?: Exchange | null;
}

/** The members of a request that are used here. */
export interface NodeRequest extends HandlerRequest {
  /** The URL as the client sent it. Express and Connect set it, because they shorten `url` in mounted routers. */
  readonly originalUrl?: string;
  readonly socket?: Connection | null;
}

/** A connection. */
interface Connection {
  once(event: 'close', listener: () => void): unknown;
}

/**
 * By connection, the responses that cannot be sent yet, because an earlier response is being sent (pipelining). Node.js
 * does not close such a response if the connection ends first.
 */
const queues = new WeakMap<Connection, Set<NodeResponse>>();

/** Returns the pattern of a request's route, from the two arguments that the options' functions get. */
export type RouteOf = (first: never, second: never) => string | undefined;

/** A request that was begun. */
export class Exchange implements Measured {
  readonly method: Method;
  readonly trace: string | undefined;
  /** The set of {@link queues} that has the response; null if none has it. */
  queue: Set<NodeResponse> | null = null;
  private readonly start = performance.now();
  private ended = false;

  constructor(
    readonly meter: Meter,
    method: string | undefined,
    public first: unknown,
    public second: unknown,
    private routeOf: RouteOf,
  ) {
    this.trace = meter.traceOf(first, second);
    this.method = meter.begin(method);
  }

  /** Replaces the arguments of the options' functions, if they are known only after the request has begun. */
  isOf(first: unknown, second: unknown, routeOf: RouteOf): void {
    this.first = first;
    this.second = second;
    this.routeOf = routeOf;
  }

  /** @param status null if the client disconnected before all of the response was sent */
  end(status: number | null): void {
    if (this.ended) return;
    this.ended = true;
    const seconds = (performance.now() - this.start) / 1e3;
    this.meter.end(this, this.route(), status, seconds);
  }

  private route(): string | undefined {
    try {
      return this.routeOf(this.first as never, this.second as never);
    } catch (error) {
      warnOfRoute(error);
      return undefined;
    }
  }
}

/**
 * Begins to count a request, unless it is counted already or its path is ignored.
 *
 * @param first the first argument of the options' functions
 * @param second their second argument
 * @returns null for a request that is not counted
 */
export function begin(
  meter: Meter,
  request: NodeRequest,
  response: NodeResponse,
  routeOf: RouteOf,
  first: unknown = request,
  second: unknown = response,
): Exchange | null {
  const there = response[EXCHANGE];
  if (there !== undefined) {
    if (there !== null && !there.meter.countsAs(meter)) warnOfAnother();
    return there;
  }
  if (meter.ignoresPaths && meter.ignores(pathOf(request.originalUrl ?? request.url))) {
    response[EXCHANGE] = null;
    return null;
  }
  const exchange = new Exchange(meter, request.method, first, second, routeOf);
  response[EXCHANGE] = exchange;
  response.on('close', onClose);
  if (response.socket === null && request.socket) {
    exchange.queue = queueOf(request.socket);
    exchange.queue.add(response);
  }
  return exchange;
}

/** Warns that the route of a request is not known, so that the request counts as unmatched. */
export function warnOfRoute(error: unknown): void {
  const text = `the route of a request is not known, and it counts as unmatched: ${messageOf(error)}`;
  warnOnce('MPMETRICS_HTTP', text, 'route');
}

function warnOfAnother(): void {
  const text =
    'one application uses two httpMetrics() with different registries or names. Each request is counted by the first ' +
    'that sees it, and not by the other';
  warnOnce('MPMETRICS_HTTP', text, 'another');
}

/** Leaves a request out: this meter and all others do not count it. */
export function leaveOut(response: NodeResponse): void {
  response[EXCHANGE] ??= null;
}

/** Counts a request that was begun, if it is not counted yet. Called when its response or its connection is closed. */
export function end(response: NodeResponse): void {
  const exchange = response[EXCHANGE];
  exchange?.queue?.delete(response);
  exchange?.end(isWhole(response) ? response.statusCode : null);
}

/** Returns whether all of a response was sent. */
function isWhole(response: NodeResponse): boolean {
  const { writableFinished, writableEnded, stream, socket } = response;
  if (writableFinished === true) return true;
  if (writableEnded !== true) return false;
  // First HTTP/2; then `inject()` of Fastify, where the socket is an object that keeps the text of the response.
  return writableFinished === undefined ? stream?.aborted !== true : socket?.destroyed === false;
}

function queueOf(connection: Connection): Set<NodeResponse> {
  let queue = queues.get(connection);
  if (queue === undefined) {
    const responses = new Set<NodeResponse>();
    connection.once('close', () => {
      responses.forEach(end);
    });
    queues.set(connection, responses);
    queue = responses;
  }
  return queue;
}

function onClose(this: NodeResponse): void {
  end(this);
}
