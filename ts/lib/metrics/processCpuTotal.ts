/** `prom-client/lib/metrics/processCpuTotal`: one of the default metrics by itself. */

import { defaultMetric } from '../../default-metrics';

const processCpuTotal = defaultMetric('processCpuTotal');

export = processCpuTotal;
