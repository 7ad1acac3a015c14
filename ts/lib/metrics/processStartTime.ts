/** `prom-client/lib/metrics/processStartTime`: makes one group of the default metrics. */

import { defaultMetric } from '../../default-metrics';

const processStartTime = defaultMetric('processStartTime');

export = processStartTime;
