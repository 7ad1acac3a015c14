/** Counts requests of programs that do not call `httpMetrics()`, from the messages of diagnostics channels. */

import { subscribe, unsubscribe } from 'diagnostics_channel';

import { messageOf, warnOnce } from '../errors';
import { endAutomatic, isAutomatic, onEnd } from './automatic-end';
import { begin, type NodeRequest, type NodeResponse } from './exchange';
import { expressRoute, noteRoutes, type ExpressRequest } from './express-routes';
import { followFastify, notedRoute } from './fastify-routes';
import { Meter } from './meter';

/** A message of the channel `http.server.request.start`. */
interface Started {
  readonly request: NodeRequest & ExpressRequest;
  readonly response: NodeResponse;
  readonly server: { listeners(event: 'request'): readonly unknown[] };
}

const REQUESTS = 'http.server.request.start';

/** Begins to count the requests to all servers of this thread, with the default options. */
export function countAll(): void {
  if (isAutomatic()) return;
  let meter: Meter | null = null;
  const seen = new WeakSet<object>();
  const onRequest = (message: unknown): void => {
    const { request, response, server } = message as Started;
    try {
      if (!seen.has(server)) {
        seen.add(server);
        for (const app of server.listeners('request')) noteRoutes({ app } as ExpressRequest);
      }
      // Metrics are made at the first request, so that a program that calls httpMetrics() can choose its options.
      meter ??= new Meter({});
      begin(meter, request, response, routeOf);
    } catch (error) {
      // The usual cause of the error: the program has a metric of its own with one of these names.
      endAutomatic();
      warnOnce('MPMETRICS_HTTP', `requests are not counted: ${messageOf(error)}`);
    }
  };
  onEnd(() => {
    unsubscribe(REQUESTS, onRequest);
    meter?.remove();
    meter = null;
  });
  subscribe(REQUESTS, onRequest);
  followFastify();
}

function routeOf(request: NodeRequest & ExpressRequest): string | undefined {
  return notedRoute(request) ?? expressRoute(request);
}
