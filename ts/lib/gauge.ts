/** `prom-client/lib/gauge`, whose export is the class. */

import { Gauge } from '../metrics';

export = Gauge;
