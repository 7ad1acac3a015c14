/** `prom-client/lib/metrics/processResources`: makes one group of the default metrics. */

import { defaultMetric } from '../../default-metrics';

const processResources = defaultMetric('processResources');

export = processResources;
