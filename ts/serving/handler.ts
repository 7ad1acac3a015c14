/** A request listener for `http` that serves a registry. Express and Connect accept it, too. */

import { register as defaultRegister } from '../registry';
import { answer, checkServing, type Scrapable, type ServingOptions } from './answer';

/** The members of a request that the listener uses. Requests of `node:http` and of frameworks on it have them. */
export interface HandlerRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
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

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- `authorize` may expect a framework's own request
export type HandlerOptions = ServingOptions<any>;

export type MetricsHandler = (request: HandlerRequest, response: HandlerResponse) => Promise<void>;

/**
 * Makes a request listener. It answers:
 *
 * - GET and HEAD with the registry's metrics, compressed if the client accepts gzip;
 * - with `path`, requests for other paths with status 404;
 * - requests that `authorize` refuses with status 401;
 * - other methods with status 405;
 * - with status 500 and the reason if a `collect` throws;
 * - with status 503 and Retry-After if the scope is `hosts` and not all hosts can be read.
 *
 * @param register the default registry if left out
 * @param options scope: `application` (default), `process`, `thread` or `hosts`; negotiate: obey the Accept header; path: the
 *   only path that is served; authorize: a function of the request
 * @returns a listener whose promise never rejects
 * @throws TypeError if `register` is not a registry, or an option is invalid
 */
export function metricsHandler(
  register: Scrapable = defaultRegister,
  options?: HandlerOptions,
): MetricsHandler {
  checkServing('metricsHandler', register, options);
  const serving = (options ?? {}) as ServingOptions<HandlerRequest>;
  return async (request, response) => {
    const { method, url, headers } = request;
    const header = (name: string) => headers[name]?.toString();
    const given = await answer(register, serving, { method, url, header }, request);
    // Something else answered meanwhile: a time limit of the server, as a rule.
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.statusCode = given.status;
    for (const [name, value] of Object.entries(given.headers)) response.setHeader(name, value);
    response.end(given.body ?? undefined);
  };
}
