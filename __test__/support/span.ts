/** Exemplars with the active OpenTelemetry span. */

import { vi } from 'vitest';

import { any, type Client } from './subject';

/** Collects default metrics with exemplars on an OpenMetrics registry, with fake times of the clock and the CPU. */
export function cpuWithExemplars(client: Client) {
  let cpu = 0;
  vi.spyOn(process, 'cpuUsage').mockImplementation(() => {
    cpu += 1e6;
    return { user: cpu, system: 2 * cpu };
  });
  vi.spyOn(Date, 'now').mockReturnValue(1_700_000_000_500);
  const register = new client.Registry(client.openMetricsContentType);
  client.collectDefaultMetrics({
    register: any(register),
    enableExemplars: true,
    labels: { node: 'a' },
  });
  const cpuText = (text: string) => text.split('\n').filter((line) => line.includes('_cpu_'));
  return { register, cpuText };
}

/** Makes a span the active one, as OpenTelemetry's API does. Returns a function that undoes this. */
export function within(ids: { traceId: string; spanId: string }): () => void {
  const api = Symbol.for('opentelemetry.js.api.1');
  const span = { spanContext: () => ids };
  const key = Symbol.for('OpenTelemetry Context Key SPAN');
  const active = { getValue: (asked: symbol) => (asked === key ? span : undefined) };
  Reflect.set(globalThis, api, { version: '1.99.0', context: { active: () => active } });
  return () => void Reflect.deleteProperty(globalThis, api);
}
