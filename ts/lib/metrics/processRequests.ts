/** `prom-client/lib/metrics/processRequests`: makes one group of the default metrics. */

import { defaultMetric } from '../../default-metrics';

const processRequests = defaultMetric('processRequests');

export = processRequests;
