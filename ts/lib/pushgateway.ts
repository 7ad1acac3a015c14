/** `prom-client/lib/pushgateway`: the class itself. */

import { Pushgateway } from '../pushgateway';

export = Pushgateway;
