/** `@prometheus-io/client/lib/metrics/helpers/safeRss`. */

import { residentBytes } from '../../../default-metrics';

export = residentBytes;
