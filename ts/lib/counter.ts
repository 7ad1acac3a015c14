/** `prom-client/lib/counter`: the class itself. */

import { Counter } from '../metrics';

export = Counter;
