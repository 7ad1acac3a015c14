/** `prom-client/lib/metrics/eventLoopLag`: one of the default metrics by itself. */

import { defaultMetric } from '../../default-metrics';

const eventLoopLag = defaultMetric('eventLoopLag');

export = eventLoopLag;
