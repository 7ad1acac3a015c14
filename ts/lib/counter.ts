/** `prom-client/lib/counter`, whose export is the class. */

import { Counter } from '../metrics';

export = Counter;
