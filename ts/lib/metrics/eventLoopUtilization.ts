/** `@prometheus-io/client/lib/metrics/eventLoopUtilization`: makes one group of the default metrics. */

import { defaultMetric } from '../../default-metrics';

const eventLoopUtilization = defaultMetric('eventLoopUtilization');

export = eventLoopUtilization;
