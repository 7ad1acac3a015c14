/** `prom-client/lib/metrics/heapSizeAndUsed`: makes one group of the default metrics. */

import { defaultMetric } from '../../default-metrics';

const heapSizeAndUsed = defaultMetric('heapSizeAndUsed');

export = heapSizeAndUsed;
