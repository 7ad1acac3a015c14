/** `prom-client/lib/cluster`, whose export is the class. */

import { AggregatorRegistry } from '../cluster';

export = AggregatorRegistry;
