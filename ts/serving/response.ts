/** Metrics as a web-standard Response: for Hono, Next.js, Bun and Deno. */

import { unfit } from '../errors';
import { register as defaultRegister } from '../registry';
import { answer, checkServing, type Scrapable, type ServingOptions } from './answer';

/** The members of a web-standard Request that an answer needs. */
export interface WebRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: { get(name: string): string | null };
}

/** The web-standard Response, where the program's types have it. */
export type WebResponse = typeof globalThis extends { Response: { prototype: infer R } }
  ? R
  : unknown;

/** Options of {@link metricsResponse}. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- `authorize` may expect a framework's own request
export interface ResponseOptions extends ServingOptions<any> {
  /** The registry that is served; the default registry if left out. */
  register?: Scrapable;
}

/**
 * Answers a web-standard Request as the listener of `metricsHandler` answers one of `node:http`.
 *
 * @returns a promise that rejects only for an invalid option, or for a request that is no Request
 */
export async function metricsResponse(
  request: WebRequest,
  options: ResponseOptions = {},
): Promise<WebResponse> {
  const { register = defaultRegister, ...rest } = options;
  checkServing('metricsResponse', register, rest);
  const { method, url, headers } = (request ?? {}) as Partial<WebRequest>;
  if (typeof url !== 'string' || typeof headers?.get !== 'function') {
    throw unfit('request', 'a Request of the web standard', request);
  }
  const header = (name: string) => headers.get(name) ?? undefined;
  const given = await answer(register, rest, { method, url, header }, request);
  const { status, headers: named, body } = given;
  return new Response(body as ConstructorParameters<typeof Response>[0], {
    status,
    headers: named,
  });
}
