/** `prom-client/lib/metrics/osMemoryHeapLinux`: makes one group of the default metrics. */

import { defaultMetric } from '../../default-metrics';

const osMemoryHeap = defaultMetric('osMemoryHeap');

export = osMemoryHeap;
