/** Reads a registry whose methods a program has overridden, metric by metric, as prom-client does. */

import { formatOf, joinTexts, type MetricRows, type RegistryContentType } from '../exposition';
import type { PrintOptions, ScopeOptions } from '../metrics';
import type { Contents } from './contents';
import { withPrefix, withStateLabel } from './naming';
import type { Registered } from './registered';

/** The overridden methods, and what they need. */
export interface OverriddenRegistry {
  readonly contentType: RegistryContentType;
  getMetricsAsArray(aggregator?: string): readonly object[];
  getMetricsAsString(metric: never, options?: PrintOptions): Promise<string>;
}

/** Returns the text of the registry. Rejects if a `collect` throws. */
export async function textOf(
  registry: OverriddenRegistry,
  contents: Contents,
  options: PrintOptions | undefined,
): Promise<string> {
  const print = (metric: object): Promise<string> =>
    registry.getMetricsAsString(metric as never, options);
  const yielding = contents.collectors.run();
  const metrics = registry.getMetricsAsArray() as readonly Registered[];
  const texts = await Promise.all(metrics.map(print));
  const yielded = await yieldedBeside(metrics, yielding, contents);
  texts.push(...(await Promise.all(yielded.map(print))));
  return joinTexts(texts, formatOf(options?.contentType ?? registry.contentType));
}

/** Returns the registry's metrics as objects. Rejects if a `collect` throws. */
export async function jsonOf(
  registry: OverriddenRegistry,
  contents: Contents,
  aggregator: string | undefined,
  options: ScopeOptions,
): Promise<MetricRows[]> {
  const get = (metric: Registered): unknown => metric.get(options);
  const yielding = contents.collectors.run();
  const metrics = [...registry.getMetricsAsArray(aggregator)] as Registered[];
  const all = await Promise.all(metrics.map(get));
  const yielded = await yieldedBeside(metrics, yielding, contents);
  const more = yielded.filter(
    (metric) => aggregator === undefined || (metric.aggregator ?? 'sum') === aggregator,
  );
  metrics.push(...more);
  all.push(...(await Promise.all(more.map(get))));
  const { prefix } = contents;
  return all.map((rows, i) => {
    const shown = withStateLabel(rows as MetricRows, metrics[i]!, prefix);
    return withPrefix(contents.withDefaults(shown), prefix);
  });
}

/**
 * Returns the metrics that collectors yield, and the metrics that collectors have put into the heap. Leaves out each
 * metric that has the same name as one of `metrics`.
 */
async function yieldedBeside(
  metrics: readonly Registered[],
  yielding: Promise<Registered[]> | null,
  contents: Contents,
): Promise<Registered[]> {
  if (yielding === null) return [];
  const yielded: Registered[] = await yielding;
  const taken = new Set(metrics.map(({ name }) => String(name)));
  return [...yielded, ...contents.collectors.held].filter(({ name }) => !taken.has(String(name)));
}
