/** Reads several registries as one, for `clusterMetrics()` and `workerMetrics()`. */

import { warnOnce } from '../errors';
import {
  extraOf,
  jsonRows,
  namesOf,
  ownDefaults,
  outputOf,
  textType,
  type MetricRows,
  type TextFormat,
} from '../exposition';
import { Metric, readsItself, ROSTER, type Scope } from '../metrics';
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
import { aggregatorOf, byName } from './aggregated';
import { Collected } from './collected';
import { AGGREGATED_TAG, type Contents } from './contents';
import type { Registered } from './registered';
import { unitOf, unitsOf } from './naming';

export class Union {
  private readonly scope: Scope;
  private readonly format: TextFormat;
  private readonly tags: readonly string[];
  /** Each metric once, with the first of the registries that has it. */
  private readonly metrics = new Map<Registered, Contents>();
  private readonly collected: Collected;
  private readonly prefix: string;
  /** The types that the text shows of metrics. The JSON of some metrics has another type. */
  private readonly types = new WeakMap<MetricRows, string>();
  private readonly registries: readonly Contents[];

  /**
   * @param registries of this isolate. Registries without a name that other processes and threads passed to
   *   `setRegistries` are shown in any case
   * @param scope of the processes and threads whose parts are shown
   * @param format of the output
   * @param prefix of the names; if it is empty, and all registries have the same prefix, the names get that prefix
   */
  constructor(registries: readonly Contents[], scope: Scope, format: TextFormat, prefix: string) {
    this.scope = scope;
    this.format = format;
    this.registries = registries;
    this.prefix = prefix === '' ? commonPrefix(registries) : prefix;
    this.collected = new Collected(scope);
    const whole = registries.map((contents) => contents.whole).filter((tag) => tag !== null);
    this.tags = [...new Set([...whole, AGGREGATED_TAG])];
    for (const contents of registries) {
      contents.release();
      for (const metric of contents.all()) {
        if (!this.metrics.has(metric)) this.metrics.set(metric, contents);
      }
    }
  }

  /** Returns all metrics as text, after all `collect` callbacks have run. Rejects if one throws in this thread. */
  async text(): Promise<string> {
    const ready = heap.scrapes.ready();
    if (ready !== undefined) await ready;
    const asked = heap.open(false)
      ? heap.scrapes.ask(this.scope !== 'thread', true)
      : NOTHING_ASKED;
    try {
      return await this.read(asked);
    } finally {
      asked.over();
    }
  }

  private async read(asked: Asked): Promise<string> {
    const entries = [...this.metrics];
    const yielding = this.registries.map((contents) => contents.collectors.run());
    const read = await Promise.all(
      entries.map(async ([metric, contents]) => {
        if (!(metric instanceof Metric) || readsItself(metric)) {
          return contents.withDefaults((await metric.get({ scope: this.scope })) as MetricRows);
        }
        const data = await this.collected.run(metric);
        return data === null ? null : this.rows(data, contents);
      }),
    );
    // Collectors must end before the call of `answers`, which may tell other processes that they have run.
    const ran = await Promise.all(yielding.map(async (metrics) => (await metrics) ?? []));
    const answers = asked.answers();
    if (answers !== undefined) await answers;
    // The callbacks may have made the first metric, with which the heap is opened.
    const open = heap.open(false);
    if (open) heap.flush();
    const own = await Promise.all(
      entries.map(async ([metric, contents], i) => {
        if (!(metric instanceof Metric) || readsItself(metric)) return read[i]!;
        const family = this.collected.familyOf(metric);
        if (family.others !== null) return null;
        return read[i] ?? this.rows(await family.read(this.scope), contents);
      }),
    );
    const given = own.filter((rows) => rows !== null);
    const yielded = await this.yielded(ran, namesOf(given));
    if (!open) return outputOf([...this.extra(given), ...yielded], this.format, this.prefix);
    const selection = this.selection();
    if (given.length === 0) {
      const more = yielded.length > 0 && { extra: yielded };
      return heap.scrapes.text(this.format, { ...selection, ...more });
    }
    // Metrics in the heap may have the same names as metrics outside. They are read as data, and joined with those.
    const names = namesOf(given);
    const there = parseFamilies(await heap.scrapes.text('json', { ...selection, only: names }));
    const extra = [...this.extra([...there.map((one) => this.ownRows(one)), ...given]), ...yielded];
    return heap.scrapes.text(this.format, { ...selection, without: names, extra });
  }

  /** Metrics as data; metrics of the same name are joined. */
  private extra(metrics: readonly MetricRows[]): ExtraFamily[] {
    const units = new Map(unitsOf(this.metrics.keys()).map(({ name, unit }) => [name, unit]));
    return byName(metrics).flatMap((group) => {
      const last = group.at(-1)!;
      const type = this.typeOf(last);
      const alike = group.filter((rows) => this.typeOf(rows) === type);
      const rows = alike.length === 1 ? last : aggregatorOf(alike)(alike);
      return rows === undefined ? [] : [this.extraOf(rows, type, units.get(rows.name))];
    });
  }

  /** Metrics that collectors yield, as data, without those whose names are taken. */
  private async yielded(
    yielding: readonly Registered[][],
    taken: readonly string[],
  ): Promise<ExtraFamily[]> {
    const names = new Set(taken);
    const families: ExtraFamily[] = [];
    for (const [i, metrics] of yielding.entries()) {
      const contents = this.registries[i]!;
      for (const metric of metrics) {
        if (names.has(String(metric.name))) continue;
        names.add(String(metric.name));
        const rows = await this.rowsOf(metric, contents);
        families.push({ ...this.extraOf(rows, this.typeOf(rows), unitOf(metric)), yields: true });
      }
    }
    return families;
  }

  private async rowsOf(metric: Registered, contents: Contents): Promise<MetricRows> {
    if (!(metric instanceof Metric) || readsItself(metric)) {
      return contents.withDefaults((await metric.get({ scope: this.scope })) as MetricRows);
    }
    const data = await this.collected.run(metric);
    return this.rows(data ?? (await this.collected.familyOf(metric).read(this.scope)), contents);
  }

  private rows(data: FamilyData, contents: Contents): MetricRows {
    return this.typed(
      jsonRows(data, () => contents.given(), this.prefix),
      data,
    );
  }

  /** The rows of a family in the heap, with the default labels of the processes that counted them. */
  private ownRows(data: FamilyData): MetricRows {
    return this.typed(jsonRows({ ...data, exemplars: true }, ownDefaults, this.prefix), data);
  }

  private typed(rows: MetricRows, data: FamilyData): MetricRows {
    this.types.set(rows, textType(data, this.format));
    return rows;
  }

  private typeOf(rows: MetricRows): string {
    return this.types.get(rows) ?? rows.type;
  }

  private extraOf(rows: MetricRows, type: string, unit: string | undefined): ExtraFamily {
    return extraOf({ ...rows, type, unit }, null, this.format);
  }

  private selection(): Selection {
    const families: string[] = [];
    const held = this.registries.flatMap(({ collectors }) => collectors.held);
    for (const metric of [...this.metrics.keys(), ...held]) {
      if (!(metric instanceof Metric)) continue;
      metric[ROSTER].retry();
      const family = this.collected.familyOf(metric);
      if (family instanceof HeapFamily && !this.tags.includes(family.tag)) {
        families.push(`${family.tag}\0${family.name}`);
      }
    }
    const units = this.format === 'openmetrics' ? unitsOf([...this.metrics.keys(), ...held]) : [];
    return {
      scope: this.scope,
      tags: [...this.tags],
      families,
      ...(this.prefix !== '' && { prefix: this.prefix }),
      ...(units.length > 0 && { units }),
    };
  }
}

/** Returns the prefix that all registries have; an empty text, with a warning, if their prefixes differ. */
function commonPrefix(registries: readonly Contents[]): string {
  const [first = '', ...more] = new Set(registries.map(({ prefix }) => prefix));
  if (more.length === 0) return first;
  warnOnce(
    'MPMETRICS_CONFIG',
    `registries with different prefixes (${[first, ...more].join(', ')}) are read as one, and names are printed without ` +
      'a prefix: setPrefix() of the registry that reads them chooses one',
    'prefixes',
  );
  return '';
}
