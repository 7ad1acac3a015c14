/** `prom-client/lib/metrics/osMemoryHeap`: makes one group of the default metrics. */

import { defaultMetric } from '../../default-metrics';

const osMemoryHeap = defaultMetric('osMemoryHeap');

export = osMemoryHeap;
