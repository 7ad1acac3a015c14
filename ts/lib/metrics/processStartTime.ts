/** `prom-client/lib/metrics/processStartTime`: one of the default metrics by itself. */

import { defaultMetric } from '../../default-metrics';

const processStartTime = defaultMetric('processStartTime');

export = processStartTime;
