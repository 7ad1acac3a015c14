/** `@prometheus-io/client/lib/metrics/eventLoopUtilization`: one of the default metrics by itself. */

import { defaultMetric } from '../../default-metrics';

const eventLoopUtilization = defaultMetric('eventLoopUtilization');

export = eventLoopUtilization;
