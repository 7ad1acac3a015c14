/** The labels of gauges with the aggregator `all`. */

import { threadId } from 'worker_threads';

import type { LabelData } from './data';

/** The labels that a gauge with the aggregator `all` gets for its process and worker thread. */
export const WRITER_LABELS: readonly string[] = ['pid', 'thread'];

/** Adds labels to a label set: for this process and, in a worker thread, for the thread. */
export function writerLabels({ labels, types }: LabelData): LabelData {
  const more: [string, string][] = [['pid', String(process.pid)]];
  if (threadId !== 0) more.push(['thread', String(threadId)]);
  return {
    labels: [...labels, ...more],
    types: types === '' ? '' : types + 's'.repeat(more.length),
  };
}
