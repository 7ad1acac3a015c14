/** `prom-client/lib/metrics/processCpuTotal`: makes one group of the default metrics. */

import { defaultMetric } from '../../default-metrics';

const processCpuTotal = defaultMetric('processCpuTotal');

export = processCpuTotal;
