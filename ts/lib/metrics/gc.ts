/** `prom-client/lib/metrics/gc`: makes one group of the default metrics. */

import { defaultMetric } from '../../default-metrics';

const gc = defaultMetric('gc');

export = gc;
