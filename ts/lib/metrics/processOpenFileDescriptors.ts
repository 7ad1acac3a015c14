/** `prom-client/lib/metrics/processOpenFileDescriptors`: one of the default metrics by itself. */

import { defaultMetric } from '../../default-metrics';

const processOpenFileDescriptors = defaultMetric('processOpenFileDescriptors');

export = processOpenFileDescriptors;
