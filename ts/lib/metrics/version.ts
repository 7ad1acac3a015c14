/** `prom-client/lib/metrics/version`: makes one group of the default metrics. */

import { defaultMetric } from '../../default-metrics';

const version = defaultMetric('version');

export = version;
