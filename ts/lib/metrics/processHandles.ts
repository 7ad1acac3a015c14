/** `prom-client/lib/metrics/processHandles`: one of the default metrics by itself. */

import { defaultMetric } from '../../default-metrics';

const processHandles = defaultMetric('processHandles');

export = processHandles;
