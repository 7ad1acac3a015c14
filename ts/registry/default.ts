/** The default registry. */

import { DEFAULT_TAG } from './contents';
import { Registry } from './registry';

/**
 * The registry of metrics that name none. Copies of this package in one program have one each, which show the same,
 * because they use the same heap. In memory storage each shows its own, as copies of prom-client do.
 */
export const register: Registry = new Registry({}, DEFAULT_TAG);
Registry.globalRegistry = register;
