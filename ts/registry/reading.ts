/**
 * One reading of a registry. It asks other processes to run their `collect` callbacks, runs those of this isolate, and
 * reads the heap. The call that reads the heap also gets the families that are not in the heap, and prints them.
 */

import {
  endOf,
  extraOf,
  familyTexts,
  jsonRows,
  namesOf,
  ownDefaults,
  outputOf,
  textRows,
  type MetricRows,
  type Printable,
  type TextFormat,
} from '../exposition';
import { Metric, printsItself, readsItself, ROSTER, type Scope } from '../metrics';
import type { ExtraFamily } from '../native';
import {
  heap,
  HeapFamily,
  NOTHING_ASKED,
  parseFamilies,
  type Asked,
  type FamilyData,
  type Selection,
} from '../storage';
import { Snapshot } from '../snapshot';
import { Collected } from './collected';
import type { Contents } from './contents';
import type { DuckMetric, Registered } from './registered';
import { unitOf, unitsOf, withPrefix } from './naming';

/** The families to print: a selection for a scrape of the heap, or only families that are not in the heap. */
type Gathered = { selection: Selection } | { selection: null; extra: ExtraFamily[] };

export class Reading {
  private readonly contents: Contents;
  private readonly scope: Scope;
  /** The format of the output. */
  private readonly format: TextFormat;
  private readonly collected: Collected;

  constructor(contents: Contents, scope: Scope, format: TextFormat) {
    contents.release();
    this.contents = contents;
    this.scope = scope;
    this.collected = new Collected(scope);
    this.format = format;
  }

  /** Returns all metrics as text. Rejects if a `collect` throws. */
  async text(): Promise<string> {
    return this.timed(() => this.asking((asked) => this.wholeText(asked)));
  }

  /** Returns {@link text} as UTF-8. The text that native code prints is never a JavaScript string. */
  async buffer(): Promise<Buffer> {
    return this.timed(() => this.asking((asked) => this.wholeBuffer(asked)));
  }

  /** Returns all metrics as a snapshot. Rejects if a `collect` throws. The reading's format has to be text. */
  async snapshot(): Promise<Snapshot> {
    return this.timed(() => this.asking((asked) => this.wholeSnapshot(asked)));
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
   * Waits until the resets are done that earlier scrapes kept back, and then reads. Resets during the reading are kept
   * back until it is over.
   *
   * @param only the metric to read; all metrics if left out
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
    const gathered = await this.gather(asked);
    if (gathered.selection === null) return this.output(gathered.extra);
    return heap.scrapes.text(this.format, gathered.selection);
  }

  private async wholeBuffer(asked: Asked): Promise<Buffer> {
    const gathered = await this.gather(asked);
    if (gathered.selection === null) return Buffer.from(this.output(gathered.extra));
    return heap.scrapes.bytes(this.format, gathered.selection);
  }

  private async wholeSnapshot(asked: Asked): Promise<Snapshot> {
    const gathered = await this.gather(asked);
    const { prefix } = this.contents;
    if (gathered.selection === null) return Snapshot.ofRows(gathered.extra, prefix);
    const units = unitsOf(this.printed());
    const selection = { ...gathered.selection, ...(units.length > 0 && { units }) };
    return Snapshot.from(await heap.scrapes.bytes('snapshot', selection));
  }

  /**
   * Returns all metrics as objects.
   *
   * @param aggregator selects metrics with this aggregator
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
    const yielding = contents.collectors.run();
    const [rest, read] = await Promise.all([
      Promise.all(ducks),
      Promise.all(own.map((metric) => this.collected.run(metric))),
    ]);
    const yielded = yielding === null ? [] : await yielding;
    const answers = asked.answers();
    if (answers !== undefined) await answers;
    for (const metric of this.addedTo(metrics)) {
      if (aggregator !== undefined && metric.aggregator !== aggregator) continue;
      metrics.push(metric);
      if (!inCells(metric, readsItself)) rest.push(await this.readDuck(metric));
    }
    const all: MetricRows[] = [];
    const given = (): ReturnType<Contents['given']> => contents.given();
    const selection = this.select([...metrics, ...contents.collectors.held], () => true);
    if (selection !== null) {
      const { prefix } = contents;
      const kept = { ...selection, without: namesOf(rest), ...(prefix !== '' && { prefix }) };
      for (const family of parseFamilies(await heap.scrapes.text('json', kept))) {
        if (aggregator !== undefined && family.aggregator !== aggregator) continue;
        const { tag, name } = family;
        const own = contents.metrics.get(name);
        const exemplars = own instanceof Metric && own.enableExemplars;
        const defaults = contents.owns(tag, name) ? ownDefaults : given;
        const data = { ...family, exemplars };
        const typed = own instanceof Metric ? own[ROSTER].withTypes(data) : data;
        all.push(jsonRows(typed, defaults, contents.prefix));
      }
    }
    const outside = metrics
      .filter((metric) => inCells(metric, readsItself))
      .filter((metric) => this.collected.familyOf(metric).others === null) as Metric[];
    // Families of a backend are read in one round trip if they are read in one tick.
    const families = outside.map(
      async (metric) => read[own.indexOf(metric)] ?? this.collected.familyOf(metric).read('thread'),
    );
    for (const data of await Promise.all(families)) {
      all.push(jsonRows(data, given, contents.prefix));
    }
    for (const rows of rest) all.push(contents.withDefaults(rows));
    const names = new Set(namesOf(all));
    for (const metric of yielded) {
      const other = aggregator !== undefined && (metric.aggregator ?? 'sum') !== aggregator;
      if (other || names.has(String(metric.name))) continue;
      if (inCells(metric, readsItself)) {
        all.push(jsonRows(await this.dataOf(metric), given, contents.prefix));
      } else all.push(contents.withDefaults(await this.readDuck(metric)));
    }
    return all.map((rows) => withPrefix(rows, contents.prefix));
  }

  /** Returns one metric as text, without a line break at the end. */
  async metric(metric: Registered): Promise<string> {
    // If the metric is undefined, this throws the same error as prom-client.
    const duck = typeof (metric as DuckMetric).getForPromString === 'function';
    if (duck || !inCells(metric, printsItself))
      return this.print(await duckRows(metric, this.scope));
    return this.asking((asked) => this.one(asked, metric), metric);
  }

  private async one(asked: Asked, metric: Metric): Promise<string> {
    const data = await this.collected.run(metric);
    const answers = asked.answers();
    if (answers !== undefined && data === null) await answers;
    const selection = this.select([metric], (one) => this.printsNatively(one), true);
    if (selection === null) {
      return this.print(
        data === null
          ? await this.familyRows(metric)
          : this.withUnit(metric, textRows(data, this.format, this.contents.prefix)),
      );
    }
    const text = await heap.scrapes.text(this.format, { ...selection, ...this.naming() });
    return text.slice(0, -endOf(this.format).length);
  }

  /** Runs all `collect` callbacks, and gathers the families to print. */
  private async gather(asked: Asked): Promise<Gathered> {
    const metrics = this.contents.all();
    const yielding = this.contents.collectors.run();
    const read = await Promise.all(
      metrics.map(async (metric) => {
        if (!inCells(metric, printsItself)) return duckRows(metric, this.scope);
        const data = await this.collected.run(metric);
        return data === null
          ? null
          : this.withUnit(metric, textRows(data, this.format, this.contents.prefix));
      }),
    );
    const yielded = yielding === null ? [] : await yielding;
    const answers = asked.answers();
    if (answers !== undefined) await answers;
    metrics.push(...this.addedTo(metrics));
    const rows = await Promise.all(
      metrics.map(async (metric, i) => {
        if (!inCells(metric, printsItself)) return read[i] ?? duckRows(metric, this.scope);
        return this.printsNatively(metric) ? null : (read[i] ?? this.familyRows(metric));
      }),
    );
    const extra = rows.filter((one) => one !== null).map((one) => this.extra(one));
    for (const metric of yielded) {
      const own = inCells(metric, printsItself);
      const one = own
        ? this.withUnit(
            metric,
            textRows(await this.dataOf(metric), this.format, this.contents.prefix),
          )
        : await duckRows(metric, this.scope);
      extra.push({ ...this.extra(one), yields: true });
    }
    const selection = this.select([...metrics, ...this.contents.collectors.held], (metric) =>
      this.printsNatively(metric),
    );
    if (selection === null) return { selection, extra };
    // A metric may have a `get` of its own, whose values are not those of its cells. If rows of such a metric are
    // printed, the scrape leaves out the heap's families of its name.
    const alone = rows.filter((one, i) => one !== null && !inCells(metrics[i]!, readsItself));
    return { selection: { ...selection, ...this.naming(), without: namesOf(alone), extra } };
  }

  /**
   * Returns metrics that `collect` callbacks of this isolate registered during the reading. The reading shows them, as
   * it shows metrics that callbacks of other processes register.
   */
  private addedTo(metrics: readonly Registered[]): Metric[] {
    const known = new Set(metrics);
    return this.contents
      .all()
      .filter((metric) => metric instanceof Metric && !known.has(metric)) as Metric[];
  }

  /** Asks other processes to run their `collect` callbacks, if this registry may show their metrics. */
  private ask(only: Metric | undefined): Asked {
    const others = this.scope === 'application';
    if (only !== undefined) return only[ROSTER].family.others?.ask(others) ?? NOTHING_ASKED;
    if (this.contents.showsOthers && heap.open(false)) return heap.scrapes.ask(others, true);
    const shared = this.contents
      .all()
      .find((metric) => metric instanceof Metric && metric[ROSTER].family.others !== null);
    return (
      (shared as Metric | undefined)?.[ROSTER].family.others?.ask(others, true) ?? NOTHING_ASKED
    );
  }

  /**
   * Selects the families to read in the heap: all with the tag {@link Contents.whole}, if there is one, and those of
   * `metrics` that have another tag.
   *
   * @param wanted returns whether to read a metric whose family has another tag
   * @param only true to read no families but those of `metrics`
   * @returns null if there is nothing to read
   */
  private select(
    metrics: readonly Registered[],
    wanted: (metric: Metric) => boolean,
    only = false,
  ): Selection | null {
    const whole = only ? null : this.contents.whole;
    // After each scrape, updates ask the storage again for series that it refused.
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
    // The scope is for a metric of this package whose replaced `get` passes its argument on to the original.
    return (await metric.get({ scope: this.scope })) as MetricRows;
  }

  /** Returns what a yielded metric has counted, after its own `collect`, if it has one, has run. */
  private async dataOf(metric: Metric): Promise<FamilyData> {
    return (
      (await this.collected.run(metric)) ?? (await this.collected.familyOf(metric).read(this.scope))
    );
  }

  private printsNatively(metric: Metric): boolean {
    return this.collected.familyOf(metric).others !== null && this.contents.printsNatively(metric);
  }

  private async familyRows(metric: Metric): Promise<Printable> {
    const data = await this.collected.familyOf(metric).read(this.scope);
    return this.withUnit(metric, textRows(data, this.format, this.contents.prefix));
  }

  private withUnit(metric: Metric, rows: Printable): Printable {
    const unit = unitOf(metric);
    return unit === undefined ? rows : { ...rows, unit };
  }

  private extra(metric: Printable): ExtraFamily {
    return extraOf(metric, this.contents.given(), this.format);
  }

  private print(metric: Printable): string {
    return familyTexts([this.extra(metric)], this.format, this.contents.prefix).join();
  }

  private output(families: readonly ExtraFamily[]): string {
    return outputOf(families, this.format, this.contents.prefix);
  }

  /** The metrics of this isolate that a scrape prints. */
  private printed(): Registered[] {
    return [...this.contents.all(), ...this.contents.collectors.held];
  }

  /** What a scrape of the heap needs to know of the names that it prints. */
  private naming(): Pick<Selection, 'prefix' | 'units'> {
    const { prefix } = this.contents;
    const units = this.format === 'openmetrics' ? unitsOf(this.printed()) : [];
    return { ...(prefix !== '' && { prefix }), ...(units.length > 0 && { units }) };
  }
}

/**
 * True for a metric of this package that shows its cells.
 *
 * @param itself returns true if the metric's methods show something else
 */
function inCells(metric: Registered, itself: (metric: Metric) => boolean): metric is Metric {
  return metric instanceof Metric && !itself(metric);
}

async function duckRows(metric: DuckMetric, scope: Scope): Promise<Printable> {
  const rows =
    typeof metric.getForPromString === 'function'
      ? await metric.getForPromString()
      : await metric.get({ scope });
  return rows as Printable;
}
