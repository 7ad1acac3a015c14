/** `prom-client/lib/metrics/helpers/safeMemoryUsage`. */

import { memoryUsage } from '../../../default-metrics';

export = memoryUsage;
