/** `prom-client/lib/summary`, whose export is the class. */

import { Summary } from '../metrics';

export = Summary;
