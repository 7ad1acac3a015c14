/** `prom-client/lib/metrics/heapSizeAndUsed`: one of the default metrics by itself. */

import { defaultMetric } from '../../default-metrics';

const heapSizeAndUsed = defaultMetric('heapSizeAndUsed');

export = heapSizeAndUsed;
