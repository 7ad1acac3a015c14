/** `prom-client/lib/metric`: the base class of all metrics, for `instanceof`. */

import { Metric } from '../metrics';

const metric = { Metric };

export = metric;
