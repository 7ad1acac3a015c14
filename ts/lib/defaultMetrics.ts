/** `prom-client/lib/defaultMetrics`, whose export is the function. */

import { collectDefaultMetrics } from '../default-metrics';

export = collectDefaultMetrics;
