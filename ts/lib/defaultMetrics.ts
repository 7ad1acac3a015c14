/** `prom-client/lib/defaultMetrics`: the function itself. */

import { collectDefaultMetrics } from '../default-metrics';

export = collectDefaultMetrics;
