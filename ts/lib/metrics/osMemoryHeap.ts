/** `prom-client/lib/metrics/osMemoryHeap`: one of the default metrics by itself. */

import { defaultMetric } from '../../default-metrics';

const osMemoryHeap = defaultMetric('osMemoryHeap');

export = osMemoryHeap;
