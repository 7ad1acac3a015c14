/** `prom-client/lib/metric`: what all metrics inherit from, for `instanceof`. */

import { Metric } from '../metrics';

const metric = { Metric };

export = metric;
