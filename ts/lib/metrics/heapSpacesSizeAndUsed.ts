/** `prom-client/lib/metrics/heapSpacesSizeAndUsed`: makes one group of the default metrics. */

import { defaultMetric } from '../../default-metrics';

const heapSpacesSizeAndUsed = defaultMetric('heapSpacesSizeAndUsed');

export = heapSpacesSizeAndUsed;
