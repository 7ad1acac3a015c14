/** `prom-client/lib/histogram`: the class itself. */

import { Histogram } from '../metrics';

export = Histogram;
