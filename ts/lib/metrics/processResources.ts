/** `prom-client/lib/metrics/processResources`: one of the default metrics by itself. */

import { defaultMetric } from '../../default-metrics';

const processResources = defaultMetric('processResources');

export = processResources;
