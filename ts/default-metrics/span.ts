/**
 * The active OpenTelemetry span, if the program uses OpenTelemetry. OpenTelemetry stores its API under a global symbol,
 * so that all copies of it find each other. This package reads the API there and does not depend on OpenTelemetry.
 * (https://github.com/open-telemetry/opentelemetry-js-api, `internal/global-utils`.)
 */

interface Context {
  getValue(key: symbol): unknown;
}

interface Api {
  context?: { active(): Context };
}

interface Span {
  spanContext(): { traceId: string; spanId: string };
}

const API = Symbol.for('opentelemetry.js.api.1');
const SPAN = Symbol.for('OpenTelemetry Context Key SPAN');

/** Returns the active span's labels for an exemplar, as prom-client names them; no labels outside of a span. */
export function spanLabels(): { traceId?: string; spanId?: string } {
  const api = (globalThis as { [API]?: Api })[API];
  const span = api?.context?.active().getValue(SPAN) as Span | undefined;
  if (span === undefined) return {};
  const { traceId, spanId } = span.spanContext();
  return { traceId, spanId };
}
