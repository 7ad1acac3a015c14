/** `prom-client/lib/cluster`: the class itself. */

import { AggregatorRegistry } from '../cluster';

export = AggregatorRegistry;
