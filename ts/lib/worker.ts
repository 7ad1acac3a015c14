/** `@prometheus-io/client/lib/worker`, whose export is the class. */

import { WorkerRegistry } from '../cluster';

export = WorkerRegistry;
