/** The metrics of one reading, with their values at the time when their `collect` has settled. */

import { ROSTER, runCollect, type Metric, type Scope } from '../metrics';
import { BackendFamily, HeapFamily, type Family, type FamilyData } from '../storage';

export class Collected {
  private readonly scope: Scope;
  /** The families of the metrics that were in the heap when their `collect` had settled. */
  private readonly families = new Map<Metric, HeapFamily>();

  /** @param scope the processes and threads whose parts are read */
  constructor(scope: Scope) {
    this.scope = scope;
  }

  /**
   * Runs a metric's `collect`, and reads the metric if it is not in the heap.
   *
   * As in prom-client, a reset just after the `collect` has settled does not change what the reading shows. So a metric
   * that is not in the heap is read in the tick in which the `collect` settles. For a metric in the heap, the reset is
   * kept back until the reading is over.
   *
   * @returns null for a metric in the heap, and for one in a backend: all metrics of a backend are read at once, when
   *   all `collect` callbacks have settled. Rejects if the `collect` throws
   */
  async run(metric: Metric): Promise<FamilyData | null> {
    const running = runCollect(metric);
    if (running !== undefined) await running;
    const { family } = metric[ROSTER];
    if (family instanceof BackendFamily) return null;
    if (!(family instanceof HeapFamily)) return family.read(this.scope);
    this.families.set(metric, family);
    return null;
  }

  /**
   * Returns the family from which a metric is to be read. For a metric that has left the heap since its `collect`, this
   * is still the family in the heap as long as changes of that family are kept back.
   */
  familyOf(metric: Metric): Family {
    const family = this.families.get(metric);
    return family?.keeps === true ? family : metric[ROSTER].family;
  }
}
