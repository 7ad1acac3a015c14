/** The warning that scrapes leave out a metric or a series, because the shared memory is damaged. */

import { warnOnce } from '../../errors';
import type { NativeHeap } from '../../native';

/** Warns, once, if a scrape of any process left out a damaged metric or series. */
export function warnOfDamage(heap: NativeHeap): void {
  if (heap.damagedReads === 0) return;
  const what = 'a metric or series in it is damaged, and scrapes leave it out';
  const counted = '(mpmetrics_damaged_reads_total counts how often)';
  warnOnce(
    'MPMETRICS_CORRUPT',
    `${heap.path} was changed from outside: ${what} ${counted}; ${heap.remedy}`,
  );
}
