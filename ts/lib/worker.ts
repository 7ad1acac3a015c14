/** `prom-client/lib/worker`: the class itself, as of `@prometheus-io/client`. */

import { WorkerRegistry } from '../cluster';

export = WorkerRegistry;
