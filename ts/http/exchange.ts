/** A request with its response, on `node:http` or in Hono without `node:http`. It is counted once, when it ends. */

import { performance } from 'perf_hooks';

import { messageOf, warnOnce } from '../errors';
import type { HandlerRequest, HandlerResponse } from '../serving/handler';
import { pathOf } from '../serving/answer';
import type { Measured, Meter, Method } from './meter';
import { CountedBodies, type BodySizes } from './sizes';

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
  /** The first meter that the request has passed; null if the request is left out. */
  [EXCHANGE]?: Passed | null;
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

/**
 * Returns the pattern of a request's route. The two arguments are those that the user's functions in the options get
 * (`skip`, `labels`, `exemplar`): the request and the response, or what a framework has in their place.
 */
export type RouteOf = (first: never, second: never) => string | undefined;

/** A request at one meter. Two meters with different metrics each count it. */
interface Passed {
  readonly meter: Meter;
  /** The request at the next meter that it has passed. */
  next: Passed | null;
}

/** A request whose path the meter ignores. */
class Ignored implements Passed {
  next: Passed | null = null;
  constructor(readonly meter: Meter) {}
}

/** A request that was begun. */
export class Exchange implements Measured, Passed {
  next: Passed | null = null;
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
    readonly sizes: BodySizes | null,
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
 * Begins to count a request, unless it counts in the meter's metrics already or its path is ignored.
 *
 * @param first what the options' functions get
 * @returns null for a request that is left out
 */
export function begin(
  meter: Meter,
  request: NodeRequest,
  response: NodeResponse,
  routeOf: RouteOf,
  first: unknown = request,
  second: unknown = response,
): Exchange | null {
  let last: Passed | null | undefined = response[EXCHANGE];
  if (last === null) return null;
  let begun = false;
  for (let one: Passed | null = last ?? null; one !== null; one = one.next) {
    if (one.meter.countsAs(meter)) return one instanceof Exchange ? one : null;
    begun ||= one instanceof Exchange;
    last = one;
  }
  const ignored = meter.ignoresPaths && meter.ignores(pathOf(request.originalUrl ?? request.url));
  const passed = ignored
    ? new Ignored(meter)
    : new Exchange(
        meter,
        request.method,
        first,
        second,
        routeOf,
        bodiesOf(meter, request, response),
      );
  if (last === undefined) response[EXCHANGE] = passed;
  else last.next = passed;
  if (!(passed instanceof Exchange)) return null;
  if (!begun) {
    response.on('close', onClose);
    if (response.socket === null && request.socket) {
      passed.queue = queueOf(request.socket);
      passed.queue.add(response);
    }
  }
  return passed;
}

function bodiesOf(meter: Meter, request: NodeRequest, response: NodeResponse): BodySizes | null {
  return meter.countsSizes ? new CountedBodies(request, response) : null;
}

/** Warns that the route of a request is not known, so that the request counts as unmatched. */
export function warnOfRoute(error: unknown): void {
  const text = `the route of a request is not known, and it counts as unmatched: ${messageOf(error)}`;
  warnOnce('MPMETRICS_HTTP', text, 'route');
}

/** Leaves a request out, also for all meters that it passes later. Has no effect if it has passed a meter already. */
export function leaveOut(response: NodeResponse): void {
  response[EXCHANGE] ??= null;
}

/** Counts a request that was begun, if it is not counted yet. Called when its response or its connection is closed. */
export function end(response: NodeResponse): void {
  for (let one = response[EXCHANGE] ?? null; one !== null; one = one.next) {
    if (!(one instanceof Exchange)) continue;
    one.queue?.delete(response);
    one.end(isWhole(response) ? response.statusCode : null);
  }
}

/** Returns whether all of a response was sent. */
function isWhole(response: NodeResponse): boolean {
  const { writableFinished, writableEnded, stream, socket } = response;
  if (writableFinished === true) return true;
  if (writableEnded !== true) return false;
  // First HTTP/2; then `inject()` of Fastify, where the socket is an object that discards what is written to it.
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
