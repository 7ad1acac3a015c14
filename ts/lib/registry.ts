/** `prom-client/lib/registry`, whose export is the class, with the default registry as `globalRegistry`. */

import { Registry } from '../registry';

export = Registry;
