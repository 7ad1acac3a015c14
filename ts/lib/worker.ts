/** `prom-client/lib/worker`, whose export is the class, as in `@prometheus-io/client`. */

import { WorkerRegistry } from '../cluster';

export = WorkerRegistry;
