/** The objects of one metric in the heap, which work together. */

import type { Roster } from '../roster';
import type { Changes } from './changes';
import type { HeapBucketSource } from './bucket-source';
import type { Declaration } from './declaration';
import type { HeapExemplars } from './exemplars';
import type { HeapStorage } from './storage';

export interface HeapMetricParts {
  readonly host: HeapStorage;
  /** The metric's handles. */
  readonly roster: Roster;
  readonly declaration: Declaration;
  readonly changes: Changes;
  readonly bucketSource: HeapBucketSource;
  readonly exemplars: HeapExemplars;
}
