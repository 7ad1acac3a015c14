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
import { Metric, readsItself, ROSTER, runCollect, type Scope } from '../metrics';
import { heap, HeapFamily, parseFamilies, type FamilyData, type Selection } from '../storage';
import { aggregatorOf, byName } from './aggregated';
import { AGGREGATED_TAG, type Contents, type Registered } from './contents';

export class Union {
  private readonly scope: Scope;
  private readonly format: 'text' | 'openmetrics';
  private readonly tags: readonly string[];
  /** Each metric once, however many of the registries have it. */
  private readonly metrics = new Map<Registered, Contents>();

  /**
   * @param registries this process's; what `setRegistries` named in other processes is shown in any case
   * @param scope whose parts are shown
   * @param format how they are printed
   */
  constructor(registries: readonly Contents[], scope: Scope, format: 'text' | 'openmetrics') {
    this.scope = scope;
    this.format = format;
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
    const answers = this.scope !== 'thread' && heap.open(false) ? heap.ring() : undefined;
    const entries = [...this.metrics];
    const ducks = await Promise.all(
      entries.map(async ([metric]) => {
        if (!(metric instanceof Metric) || readsItself(metric)) {
          return (await metric.get({ scope: this.scope })) as MetricRows;
        }
        await runCollect(metric);
        return null;
      }),
    );
    if (answers !== undefined) await answers;
    const shared = await this.sharedText();
    // After the heap, as a registry prints them; two registries may have one name each.
    const own = await Promise.all(
      entries.map(async ([metric, contents], i) => {
        const duck = ducks[i]!;
        if (duck !== null) return contents.withDefaults(duck);
        const { family } = (metric as Metric)[ROSTER];
        if (family instanceof HeapFamily) return null;
        return jsonRows(await family.read(this.scope), () => contents.given());
      }),
    );
    const given = own.filter((rows) => rows !== null);
    const both = given.some(({ name }) => prints(shared, name));
    const there = both ? parseFamilies(await heap.scrape('json', this.selection())) : [];
    const groups = byName([...there.map(rowsOf), ...given]);
    const rest = groups
      .map((group) => (group.length === 1 ? group[0] : aggregatorOf(group)(group)))
      .filter((rows) => rows !== undefined);
    return this.joined(both ? '' : shared, rest);
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
    return heap.scrape(this.format, this.selection());
  }

  private selection(): Selection {
    const families: string[] = [];
    for (const metric of this.metrics.keys()) {
      if (!(metric instanceof Metric)) continue;
      metric[ROSTER].retry();
      const { family } = metric[ROSTER];
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
