/** `prom-client/lib/histogram`, whose export is the class. */

import { Histogram } from '../metrics';

export = Histogram;
