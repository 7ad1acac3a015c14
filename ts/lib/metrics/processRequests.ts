/** `prom-client/lib/metrics/processRequests`: one of the default metrics by itself. */

import { defaultMetric } from '../../default-metrics';

const processRequests = defaultMetric('processRequests');

export = processRequests;
