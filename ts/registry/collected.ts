/** One reading's metrics, with their values when their `collect` had settled. */

import { ROSTER, runCollect, type Metric, type Scope } from '../metrics';
import { HeapFamily, type Family, type FamilyData } from '../storage';

export class Collected {
  private readonly scope: Scope;
  /** Where those were that are in the heap. */
  private readonly families = new Map<Metric, HeapFamily>();

  /** @param scope whose parts are read */
  constructor(scope: Scope) {
    this.scope = scope;
  }

  /**
   * Runs a metric's `collect`, and reads it, if it is not in the heap, in the tick in which that settled: what is reset
   * a moment later is in what prom-client shows. In the heap that is kept back until the reading is over.
   *
   * @returns null for one in the heap; rejects if the `collect` throws
   */
  async run(metric: Metric): Promise<FamilyData | null> {
    const running = runCollect(metric);
    if (running !== undefined) await running;
    const { family } = metric[ROSTER];
    if (!(family instanceof HeapFamily)) return family.read(this.scope);
    this.families.set(metric, family);
    return null;
  }

  /** Where a metric is to be read: where it was, if it has left the heap meanwhile and that is kept back. */
  familyOf(metric: Metric): Family {
    const family = this.families.get(metric);
    return family?.keeps === true ? family : metric[ROSTER].family;
  }
}
