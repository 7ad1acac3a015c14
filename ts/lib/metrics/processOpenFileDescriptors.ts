/** `prom-client/lib/metrics/processOpenFileDescriptors`: makes one group of the default metrics. */

import { defaultMetric } from '../../default-metrics';

const processOpenFileDescriptors = defaultMetric('processOpenFileDescriptors');

export = processOpenFileDescriptors;
