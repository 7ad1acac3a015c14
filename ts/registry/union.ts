/** Reads several registries as one, for `clusterMetrics()` and `workerMetrics()`. */

import {
  extraOf,
  jsonRows,
  namesOf,
  ownDefaults,
  outputOf,
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
import { AGGREGATED_TAG, type Contents, type Registered } from './contents';

export class Union {
  private readonly scope: Scope;
  private readonly format: TextFormat;
  private readonly tags: readonly string[];
  /** Each metric once, with the first of the registries that has it. */
  private readonly metrics = new Map<Registered, Contents>();
  private readonly collected: Collected;

  /**
   * @param registries of this isolate. Registries without a name that other processes and threads passed to
   *   `setRegistries` are shown in any case
   * @param scope of the processes and threads whose parts are shown
   * @param format of the output
   */
  constructor(registries: readonly Contents[], scope: Scope, format: TextFormat) {
    this.scope = scope;
    this.format = format;
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
    const read = await Promise.all(
      entries.map(async ([metric, contents]) => {
        if (!(metric instanceof Metric) || readsItself(metric)) {
          return contents.withDefaults((await metric.get({ scope: this.scope })) as MetricRows);
        }
        return this.rows(await this.collected.run(metric), contents);
      }),
    );
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
    if (!open) return outputOf(this.extra(given), this.format);
    const selection = this.selection();
    if (given.length === 0) return heap.scrapes.text(this.format, selection);
    // Metrics in the heap may have the same names as metrics outside. They are read as data, and joined with those.
    const names = namesOf(given);
    const there = parseFamilies(await heap.scrapes.text('json', { ...selection, only: names }));
    const extra = this.extra([...there.map(rowsOf), ...given]);
    return heap.scrapes.text(this.format, { ...selection, without: names, extra });
  }

  /** Metrics as data; metrics of the same name are joined. */
  private extra(metrics: readonly MetricRows[]): ExtraFamily[] {
    return byName(metrics)
      .map((group) => (group.length === 1 ? group[0] : aggregatorOf(group)(group)))
      .filter((rows) => rows !== undefined)
      .map((rows) => extraOf(rows, null, this.format));
  }

  private rows(data: FamilyData | null, contents: Contents): MetricRows | null {
    return data === null ? null : jsonRows(data, () => contents.given());
  }

  private selection(): Selection {
    const families: string[] = [];
    for (const metric of this.metrics.keys()) {
      if (!(metric instanceof Metric)) continue;
      metric[ROSTER].retry();
      const family = this.collected.familyOf(metric);
      if (family instanceof HeapFamily && !this.tags.includes(family.tag)) {
        families.push(`${family.tag}\0${family.name}`);
      }
    }
    return { scope: this.scope, tags: [...this.tags], families };
  }
}

function rowsOf(family: FamilyData): MetricRows {
  return jsonRows({ ...family, exemplars: true }, ownDefaults);
}
