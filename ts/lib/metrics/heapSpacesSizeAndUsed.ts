/** `prom-client/lib/metrics/heapSpacesSizeAndUsed`: one of the default metrics by itself. */

import { defaultMetric } from '../../default-metrics';

const heapSpacesSizeAndUsed = defaultMetric('heapSpacesSizeAndUsed');

export = heapSpacesSizeAndUsed;
