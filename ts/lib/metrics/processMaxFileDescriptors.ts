/** `prom-client/lib/metrics/processMaxFileDescriptors`: one of the default metrics by itself. */

import { defaultMetric } from '../../default-metrics';

const processMaxFileDescriptors = defaultMetric('processMaxFileDescriptors');

export = processMaxFileDescriptors;
