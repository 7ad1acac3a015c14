/** `prom-client/lib/pushgateway`, whose export is the class. */

import { Pushgateway } from '../pushgateway';

export = Pushgateway;
