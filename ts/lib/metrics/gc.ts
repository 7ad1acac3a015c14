/** `prom-client/lib/metrics/gc`: one of the default metrics by itself. */

import { defaultMetric } from '../../default-metrics';

const gc = defaultMetric('gc');

export = gc;
