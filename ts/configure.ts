/** `configure()`: the user's settings. */

import { apply, checkSettings, type Settings } from './meeting';

export type { Settings } from './meeting';

/**
 * Decides where metrics are kept. Nothing has to be configured; call it before the first metric is made, in
 * every process that is to use the same segment. May be called again for further settings.
 *
 * @param config see {@link Settings} for each setting's unit and meaning
 * @throws MpmetricsError `ERR_MPMETRICS_INVALID` if a value breaks its rule, if there is no such setting, or if a
 *   segment or memory storage is already in use and the settings choose another one. With `required: true`, the call
 *   opens the segment, and throws the error if that fails. A call that throws changes nothing.
 */
export function configure(config: Settings): void {
  checkSettings(config);
  apply(config);
}
