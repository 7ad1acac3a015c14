/** `prom-client/lib/metrics/eventLoopLag`: makes one group of the default metrics. */

import { defaultMetric } from '../../default-metrics';

const eventLoopLag = defaultMetric('eventLoopLag');

export = eventLoopLag;
