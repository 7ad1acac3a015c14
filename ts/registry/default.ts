/** The default registry. */

import { DEFAULT_TAG } from './contents';
import { Registry } from './registry';

/**
 * The registry of metrics whose configuration names none. If a program loads several copies of this package, each has a
 * default registry. All of these show the same metrics, because they use the same heap. In memory storage each shows
 * only the metrics of its copy, as with copies of prom-client.
 */
export const register: Registry = new Registry({}, DEFAULT_TAG);
Registry.globalRegistry = register;
