/** `prom-client/lib/metrics/processHandles`: makes one group of the default metrics. */

import { defaultMetric } from '../../default-metrics';

const processHandles = defaultMetric('processHandles');

export = processHandles;
