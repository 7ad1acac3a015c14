/** `prom-client/lib/summary`: the class itself. */

import { Summary } from '../metrics';

export = Summary;
