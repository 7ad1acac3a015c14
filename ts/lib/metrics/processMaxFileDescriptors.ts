/** `prom-client/lib/metrics/processMaxFileDescriptors`: makes one group of the default metrics. */

import { defaultMetric } from '../../default-metrics';

const processMaxFileDescriptors = defaultMetric('processMaxFileDescriptors');

export = processMaxFileDescriptors;
