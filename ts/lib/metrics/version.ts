/** `prom-client/lib/metrics/version`: one of the default metrics by itself. */

import { defaultMetric } from '../../default-metrics';

const version = defaultMetric('version');

export = version;
