/** Several registries read as one: what `clusterMetrics()` shows. */

import {
  END,
  joinMetrics,
  jsonRows,
  metricText,
  openMetricsTexts,
  ownDefaults,
  prints,
  type MetricRows,
} from '../exposition';
import { Metric, readsItself, ROSTER, type Scope } from '../metrics';
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
  private readonly format: 'text' | 'openmetrics';
  private readonly tags: readonly string[];
  /** Each metric once, however many of the registries have it. */
  private readonly metrics = new Map<Registered, Contents>();
  private readonly collected: Collected;

  /**
   * @param registries this process's; what `setRegistries` named in other processes is shown in any case
   * @param scope whose parts are shown
   * @param format how they are printed
   */
  constructor(registries: readonly Contents[], scope: Scope, format: 'text' | 'openmetrics') {
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

  /** Everything as text, after all `collect`s. Rejects if one of this thread throws. */
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
    const shared = await this.sharedText();
    // After the heap, as a registry prints them; two registries may have one name each.
    const own = await Promise.all(
      entries.map(async ([metric, contents], i) => {
        if (!(metric instanceof Metric) || readsItself(metric)) return read[i]!;
        const family = this.collected.familyOf(metric);
        if (family.others !== null) return null;
        return read[i] ?? this.rows(await family.read(this.scope), contents);
      }),
    );
    const given = own.filter((rows) => rows !== null);
    const both = given.some(({ name }) => prints(shared, name));
    const there = both ? parseFamilies(await heap.scrapes.text('json', this.selection())) : [];
    const groups = byName([...there.map(rowsOf), ...given]);
    const rest = groups
      .map((group) => (group.length === 1 ? group[0] : aggregatorOf(group)(group)))
      .filter((rows) => rows !== undefined);
    return this.joined(both ? '' : shared, rest);
  }

  private rows(data: FamilyData | null, contents: Contents): MetricRows | null {
    return data === null ? null : jsonRows(data, () => contents.given());
  }

  /** What the heap's text and other metrics are together. */
  private joined(shared: string, rest: readonly MetricRows[]): string {
    if (this.format === 'openmetrics') {
      const texts = openMetricsTexts(rest, null, shared).map((text) => `${text}\n`);
      return shared.slice(0, -END.length) + texts.join('') + END;
    }
    const texts = rest.map((rows) => metricText(rows, null));
    return joinMetrics(shared.length > 1 ? [shared.slice(0, -1), ...texts] : texts);
  }

  private async sharedText(): Promise<string> {
    // The callbacks may have made the first metric.
    if (!heap.open(false)) return '';
    heap.flush();
    return heap.scrapes.text(this.format, this.selection());
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
