/** `prom-client/lib/metrics/osMemoryHeapLinux`: one of the default metrics by itself. */

import { defaultMetric } from '../../default-metrics';

const osMemoryHeap = defaultMetric('osMemoryHeap');

export = osMemoryHeap;
