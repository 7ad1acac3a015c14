/**
 * The active OpenTelemetry span, if the program uses OpenTelemetry. Its API is stored under a global symbol, so that
 * all of its copies find each other; this package finds it there without depending on it.
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

/** Labels for an exemplar, as prom-client names them; none outside of a span. */
export function spanLabels(): { traceId?: string; spanId?: string } {
  const api = (globalThis as { [API]?: Api })[API];
  const span = api?.context?.active().getValue(SPAN) as Span | undefined;
  if (span === undefined) return {};
  const { traceId, spanId } = span.spanContext();
  return { traceId, spanId };
}
