/**
 * One reading of a registry: asks other processes for their `collect` callbacks, runs the own ones, reads
 * the heap, and adds what is not in it.
 */

import {
  joinMetrics,
  jsonRows,
  metricText,
  ownDefaults,
  textRows,
  type MetricRows,
  type Printable,
} from '../exposition';
import { Metric, type Scope } from '../metrics';
import { heap, HeapFamily, parseFamilies, type Selection } from '../storage';
import type { Contents, DuckMetric, Registered } from './contents';

/** What is printed, in two parts: what the heap has, and the text of everything else. */
interface Gathered {
  selection: Selection | null;
  own: string[];
}

export class Reading {
  private readonly contents: Contents;
  private readonly scope: Scope;

  constructor(contents: Contents, scope: Scope) {
    this.contents = contents;
    this.scope = scope;
  }

  /** All metrics as text. Rejects if a `collect` throws. */
  async text(): Promise<string> {
    return this.timed(() => this.wholeText());
  }

  /** {@link text} as UTF-8, never a JavaScript string as far as it comes from the heap. */
  async buffer(): Promise<Buffer> {
    return this.timed(() => this.wholeBuffer());
  }

  private async timed<T>(read: () => Promise<T>): Promise<T> {
    const { scraped } = this.contents;
    if (scraped.size === 0) return read();
    const start = process.hrtime();
    const result = await read();
    const [seconds, nanoseconds] = process.hrtime(start);
    for (const tell of scraped) tell(seconds + nanoseconds / 1e9);
    return result;
  }

  private async wholeText(): Promise<string> {
    const { selection, own } = await this.gather();
    const text = selection === null ? '' : await heap.scrape('text', selection);
    return joinMetrics(text.length <= 1 ? own : [text.slice(0, -1), ...own]);
  }

  private async wholeBuffer(): Promise<Buffer> {
    const { selection, own } = await this.gather();
    const bytes = selection === null ? null : await heap.scrapeBuffer(selection);
    if (bytes === null || bytes.length <= 1) return Buffer.from(joinMetrics(own));
    return own.length === 0 ? bytes : Buffer.concat([bytes, Buffer.from(`\n${joinMetrics(own)}`)]);
  }

  /**
   * All metrics as objects.
   *
   * @param aggregator only metrics with this one
   */
  async json(aggregator?: string): Promise<MetricRows[]> {
    const { contents } = this;
    const metrics = contents.all(aggregator);
    const answers = this.ring(metrics);
    const ducks = metrics.filter((metric) => !(metric instanceof Metric)).map(readDuck);
    const [rest] = await Promise.all([Promise.all(ducks), collectAll(metrics)]);
    if (answers !== undefined) await answers;
    const all: MetricRows[] = [];
    const given = (): ReturnType<Contents['given']> => contents.given();
    const selection = this.select(metrics, () => true);
    if (selection !== null) {
      for (const family of parseFamilies(await heap.scrape('json', selection))) {
        if (aggregator !== undefined && family.aggregator !== aggregator) continue;
        all.push(jsonRows(family, contents.owns(family.tag, family.name) ? ownDefaults : given));
      }
    }
    for (const metric of metrics) {
      if (metric instanceof Metric && !metric.roster.family.shared) {
        all.push(jsonRows(await metric.roster.family.read('thread'), given));
      }
    }
    for (const rows of rest) all.push(contents.withDefaults(rows));
    return all;
  }

  /** One metric as text, without a line break at the end. */
  async metric(metric: Registered): Promise<string> {
    // Asked of undefined too, which must throw what prom-client throws.
    const duck = typeof (metric as DuckMetric).getForPromString === 'function';
    if (duck || !(metric instanceof Metric)) return this.duckText(metric);
    const answers = this.scope === 'application' ? metric.roster.family.ring() : undefined;
    await metric.runCollect();
    if (answers !== undefined) await answers;
    const selection = this.select([metric], (one) => this.printsNatively(one), true);
    if (selection === null) return this.familyText(metric);
    return (await heap.scrape('text', selection)).slice(0, -1);
  }

  /** After all `collect`s. */
  private async gather(): Promise<Gathered> {
    const metrics = this.contents.all();
    const answers = this.ring(metrics);
    const texts = await Promise.all(
      metrics.map(async (metric) => {
        if (!(metric instanceof Metric)) return this.duckText(metric);
        await metric.runCollect();
        if (this.printsNatively(metric)) return null;
        if (answers !== undefined) await answers;
        return this.familyText(metric);
      }),
    );
    if (answers !== undefined) await answers;
    const selection = this.select(metrics, (metric) => this.printsNatively(metric));
    return { selection, own: texts.filter((text) => text !== null) };
  }

  /**
   * Asks other processes to run their `collect` callbacks, if any of them may show here.
   *
   * @returns what to wait for before anything is read; never rejects
   */
  private ring(metrics: readonly Registered[]): Promise<void> | undefined {
    if (this.scope !== 'application') return undefined;
    if (this.contents.whole !== null && heap.open(false)) return heap.ring();
    const shared = metrics.find(
      (metric) => metric instanceof Metric && metric.roster.family.shared,
    ) as Metric | undefined;
    return shared?.roster.family.ring();
  }

  /**
   * What to read in the heap: all of this registry's tag, and those of its metrics that lie elsewhere.
   *
   * @param wanted which of the metrics
   * @param only nothing but these metrics
   * @returns null for nothing
   */
  private select(
    metrics: readonly Registered[],
    wanted: (metric: Metric) => boolean,
    only = false,
  ): Selection | null {
    const whole = only ? null : this.contents.whole;
    // A scrape is when there is time to ask again about series that were refused.
    for (const metric of metrics) if (metric instanceof Metric) metric.roster.retry();
    if (whole !== null && !heap.open(false)) return null;
    heap.flush();
    const families: string[] = [];
    for (const metric of metrics) {
      if (!(metric instanceof Metric)) continue;
      const { family } = metric.roster;
      if (family instanceof HeapFamily && family.tag !== whole && wanted(metric)) {
        families.push(`${family.tag}\0${family.name}`);
      }
    }
    if (whole === null && families.length === 0) return null;
    return { scope: this.scope, tags: whole === null ? [] : [whole], families };
  }

  private printsNatively(metric: Metric): boolean {
    return metric.roster.family instanceof HeapFamily && this.contents.printsNatively(metric);
  }

  private async familyText(metric: Metric): Promise<string> {
    const family = await metric.roster.family.read(this.scope);
    return metricText(textRows(family), this.contents.given());
  }

  private async duckText(metric: DuckMetric): Promise<string> {
    const rows =
      typeof metric.getForPromString === 'function'
        ? await metric.getForPromString()
        : await metric.get();
    return metricText(rows as Printable, this.contents.given());
  }
}

async function collectAll(metrics: readonly Registered[]): Promise<void> {
  await Promise.all(
    metrics.map(async (metric) => {
      if (metric instanceof Metric) await metric.runCollect();
    }),
  );
}

async function readDuck(metric: DuckMetric): Promise<MetricRows> {
  return (await metric.get()) as MetricRows;
}
