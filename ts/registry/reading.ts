/**
 * One reading of a registry: asks other processes for their `collect` callbacks, runs the own ones, reads
 * the heap, and adds what is not in it.
 */

import {
  END,
  joinMetrics,
  jsonRows,
  metricText,
  openMetricsTexts,
  ownDefaults,
  prints,
  textRows,
  withoutFamilies,
  type MetricRows,
  type Printable,
} from '../exposition';
import { Metric, printsItself, readsItself, ROSTER, type Scope } from '../metrics';
import {
  heap,
  HeapFamily,
  NOTHING_ASKED,
  parseFamilies,
  type Asked,
  type Selection,
} from '../storage';
import { Collected } from './collected';
import type { Contents, DuckMetric, Registered } from './contents';

/** What is printed, in two parts: what the heap has, and the metrics that are not in it. */
interface Gathered {
  selection: Selection | null;
  rows: Printable[];
  /** Those of the rows that stand for all that the heap has of their names. */
  alone: Printable[];
}

export class Reading {
  private readonly contents: Contents;
  private readonly scope: Scope;
  /** How it is printed. */
  private readonly format: 'text' | 'openmetrics';
  private readonly collected: Collected;

  constructor(contents: Contents, scope: Scope, format: 'text' | 'openmetrics') {
    contents.release();
    this.contents = contents;
    this.scope = scope;
    this.collected = new Collected(scope);
    this.format = format;
  }

  /** All metrics as text. Rejects if a `collect` throws. */
  async text(): Promise<string> {
    return this.timed(() => this.asking((asked) => this.wholeText(asked)));
  }

  /** {@link text} as UTF-8, never a JavaScript string as far as it comes from the heap. */
  async buffer(): Promise<Buffer> {
    return this.timed(() => this.asking((asked) => this.wholeBuffer(asked)));
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

  /**
   * Reads, once what was reset for a scrape before this one is reset; what is reset meanwhile is reset afterwards.
   *
   * @param only the one metric to be read
   */
  private async asking<T>(read: (asked: Asked) => Promise<T>, only?: Metric): Promise<T> {
    const ready = heap.scrapes.ready();
    if (ready !== undefined) await ready;
    const asked = this.ask(only);
    try {
      return await read(asked);
    } finally {
      asked.over();
    }
  }

  private async wholeText(asked: Asked): Promise<string> {
    const { selection, rows, alone } = await this.gather(asked);
    const all = selection === null ? '' : await heap.scrapes.text(this.format, selection);
    const text = this.without(all, alone) ?? all;
    const own = this.print(rows, text);
    if (this.format === 'openmetrics') return text.slice(0, -END.length) + ended(own);
    return joinMetrics(text.length <= 1 ? own : [text.slice(0, -1), ...own]);
  }

  private async wholeBuffer(asked: Asked): Promise<Buffer> {
    const { selection, rows, alone } = await this.gather(asked);
    const all = selection === null ? null : await heap.scrapes.bytes(this.format, selection);
    if (all !== null && rows.length === 0) return all;
    const less = this.without(all ?? '', alone);
    const bytes = less === null ? all : Buffer.from(less);
    const own = this.print(rows, this.format === 'openmetrics' ? bytes?.toString() : '');
    if (this.format === 'openmetrics') {
      const there = bytes?.subarray(0, -END.length) ?? Buffer.alloc(0);
      return Buffer.concat([there, Buffer.from(ended(own))]);
    }
    if (bytes === null || bytes.length <= 1) return Buffer.from(joinMetrics(own));
    return Buffer.concat([bytes, Buffer.from(`\n${joinMetrics(own)}`)]);
  }

  /** What the heap printed without what is printed in its place; null if that is nothing of it. */
  private without(printed: string | Buffer, alone: readonly Printable[]): string | null {
    const there = alone.filter(({ name }) => prints(printed, name));
    return there.length === 0 ? null : withoutFamilies(String(printed), there, this.format);
  }

  /**
   * All metrics as objects.
   *
   * @param aggregator only metrics with this one
   */
  async json(aggregator?: string): Promise<MetricRows[]> {
    return this.asking((asked) => this.objects(asked, aggregator));
  }

  private async objects(asked: Asked, aggregator: string | undefined): Promise<MetricRows[]> {
    const { contents } = this;
    const metrics = contents.all(aggregator);
    const ducks = metrics
      .filter((metric) => !inCells(metric, readsItself))
      .map((metric) => this.readDuck(metric));
    const own = metrics.filter((metric) => inCells(metric, readsItself)) as Metric[];
    const [rest, read] = await Promise.all([
      Promise.all(ducks),
      Promise.all(own.map((metric) => this.collected.run(metric))),
    ]);
    const answers = asked.answers();
    if (answers !== undefined) await answers;
    for (const metric of this.addedTo(metrics)) {
      if (aggregator === undefined || metric.aggregator === aggregator) metrics.push(metric);
    }
    const all: MetricRows[] = [];
    const given = (): ReturnType<Contents['given']> => contents.given();
    const selection = this.select(metrics, () => true);
    if (selection !== null) {
      // Optional: an object with a `get()` will do, whatever it yields.
      const alone = new Set(rest.map((rows) => (rows as MetricRows | undefined)?.name));
      for (const family of parseFamilies(await heap.scrapes.text('json', selection))) {
        if (alone.has(family.name)) continue;
        if (aggregator !== undefined && family.aggregator !== aggregator) continue;
        const { tag, name } = family;
        const own = contents.metrics.get(name);
        const exemplars = own instanceof Metric && own.enableExemplars;
        const defaults = contents.owns(tag, name) ? ownDefaults : given;
        const data = { ...family, exemplars };
        all.push(jsonRows(own instanceof Metric ? own[ROSTER].withTypes(data) : data, defaults));
      }
    }
    for (const metric of metrics) {
      if (!inCells(metric, readsItself)) continue;
      const family = this.collected.familyOf(metric);
      if (family.others !== null) continue;
      const data = read[own.indexOf(metric)] ?? (await family.read('thread'));
      all.push(jsonRows(data, given));
    }
    for (const rows of rest) all.push(contents.withDefaults(rows));
    return all;
  }

  /** One metric as text, without a line break at the end. */
  async metric(metric: Registered): Promise<string> {
    // Asked of undefined too, which must throw what prom-client throws.
    const duck = typeof (metric as DuckMetric).getForPromString === 'function';
    if (duck || !inCells(metric, printsItself)) return this.print([await duckRows(metric)]).join();
    return this.asking((asked) => this.one(asked, metric), metric);
  }

  private async one(asked: Asked, metric: Metric): Promise<string> {
    const data = await this.collected.run(metric);
    const answers = asked.answers();
    if (answers !== undefined && data === null) await answers;
    const selection = this.select([metric], (one) => this.printsNatively(one), true);
    if (selection === null) {
      return this.print([data === null ? await this.familyRows(metric) : textRows(data)]).join();
    }
    const end = this.format === 'openmetrics' ? `\n${END}` : '\n';
    return (await heap.scrapes.text(this.format, selection)).slice(0, -end.length);
  }

  /** After all `collect`s. */
  private async gather(asked: Asked): Promise<Gathered> {
    const metrics = this.contents.all();
    const read = await Promise.all(
      metrics.map(async (metric) => {
        if (!inCells(metric, printsItself)) return duckRows(metric);
        const data = await this.collected.run(metric);
        return data === null ? null : textRows(data);
      }),
    );
    const answers = asked.answers();
    if (answers !== undefined) await answers;
    metrics.push(...this.addedTo(metrics));
    const rows = await Promise.all(
      metrics.map(async (metric, i) => {
        if (!inCells(metric, printsItself)) return read[i]!;
        return this.printsNatively(metric) ? null : (read[i] ?? this.familyRows(metric));
      }),
    );
    const selection = this.select(metrics, (metric) => this.printsNatively(metric));
    const isThere = (one: Printable | null): one is Printable => one !== null;
    const alone = rows.filter((_, i) => !inCells(metrics[i]!, readsItself)).filter(isThere);
    return { selection, rows: rows.filter(isThere), alone };
  }

  /** Metrics that callbacks have registered meanwhile, as where they are registered in other processes. */
  private addedTo(metrics: readonly Registered[]): Metric[] {
    const known = new Set(metrics);
    return this.contents
      .all()
      .filter((metric) => metric instanceof Metric && !known.has(metric)) as Metric[];
  }

  /** Asks other processes to run their `collect` callbacks, if any of them may show here. */
  private ask(only: Metric | undefined): Asked {
    const others = this.scope === 'application';
    if (only !== undefined) return only[ROSTER].family.others?.ask(others) ?? NOTHING_ASKED;
    if (this.contents.whole !== null && heap.open(false)) return heap.scrapes.ask(others, true);
    const shared = this.contents
      .all()
      .find((metric) => metric instanceof Metric && metric[ROSTER].family.others !== null);
    return (
      (shared as Metric | undefined)?.[ROSTER].family.others?.ask(others, true) ?? NOTHING_ASKED
    );
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
    for (const metric of metrics) if (metric instanceof Metric) metric[ROSTER].retry();
    if (whole !== null && !heap.open(false)) return null;
    heap.flush();
    const families: string[] = [];
    for (const metric of metrics) {
      if (!(metric instanceof Metric)) continue;
      const family = this.collected.familyOf(metric);
      if (family instanceof HeapFamily && family.tag !== whole && wanted(metric)) {
        families.push(`${family.tag}\0${family.name}`);
      }
    }
    if (whole === null && families.length === 0) return null;
    return { scope: this.scope, tags: whole === null ? [] : [whole], families };
  }

  private async readDuck(metric: DuckMetric): Promise<MetricRows> {
    // For one of ours whose `get` hands on what it is given.
    return (await metric.get({ scope: this.scope })) as MetricRows;
  }

  private printsNatively(metric: Metric): boolean {
    return this.collected.familyOf(metric).others !== null && this.contents.printsNatively(metric);
  }

  private async familyRows(metric: Metric): Promise<Printable> {
    return textRows(await this.collected.familyOf(metric).read(this.scope));
  }

  private print(metrics: readonly Printable[], before?: string): string[] {
    const defaults = this.contents.given();
    if (this.format === 'openmetrics') return openMetricsTexts(metrics, defaults, before);
    return metrics.map((metric) => metricText(metric, defaults));
  }
}

/** Whether a metric is one of ours, and does not itself say what it shows. */
function inCells(metric: Registered, itself: (metric: Metric) => boolean): metric is Metric {
  return metric instanceof Metric && !itself(metric);
}

async function duckRows(metric: DuckMetric): Promise<Printable> {
  const rows =
    typeof metric.getForPromString === 'function'
      ? await metric.getForPromString()
      : await metric.get();
  return rows as Printable;
}

/** Texts of metrics as the end of an OpenMetrics output. */
function ended(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('') + END;
}
