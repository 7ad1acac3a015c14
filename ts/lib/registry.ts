/** `prom-client/lib/registry`: the class itself, with the default registry as `globalRegistry`. */

import { Registry } from '../registry';

export = Registry;
