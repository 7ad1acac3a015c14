/** `loadBackend()` and `backend()`: which backend is in use. */

import { checkSettings, apply, backendInfo, reload, storageKind } from './meeting';
import type { Backend, BackendInfo } from './meeting';

export type { Backend, BackendInfo } from './meeting';

/**
 * Loads a backend now, instead of at the first metric, so that its errors are thrown here. Without arguments, reads the
 * environment again: `MPMETRICS_BACKEND`, `MPMETRICS_BACKEND_CONFIG` and `MPMETRICS_CONFIG`. What the program passed to
 * `configure()` takes precedence over the environment.
 *
 * A call that throws changes nothing, so that the program can go on with another backend.
 *
 * @param backend as `configure({ backend })` takes it; the choice of the environment if left out
 * @param config as `configure({ backendConfig })` takes it
 * @returns what {@link backend} returns
 * @throws MpmetricsError `ERR_MPMETRICS_INVALID` if the backend is not found, cannot be loaded or lacks a method, if a
 *   configuration cannot be read, or if a metric uses another backend already
 */
export function loadBackend(
  backend?: Backend,
  config?: Readonly<Record<string, unknown>>,
): BackendInfo {
  if (backend === undefined) reload(storageKind());
  else {
    const given = { backend, backendConfig: config ?? {} };
    checkSettings(given);
    apply(given, true);
  }
  return backendInfo();
}

/**
 * Returns the backend in use, or before the first metric the one that will be used, with its configuration, in which
 * passwords, also those in URLs, are `***`.
 *
 * @throws MpmetricsError `ERR_MPMETRICS_INVALID` if a configuration that a variable names cannot be read
 */
export function backend(): BackendInfo {
  return backendInfo();
}
