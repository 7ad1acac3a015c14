/** `prom-client/lib/gauge`: the class itself. */

import { Gauge } from '../metrics';

export = Gauge;
