/** Scrapes of all hosts that share a registry. */

import { MpmetricsError } from '../errors';
import type { RegistryContentType } from '../exposition';
import type { Bytes } from '../native';
import type { Snapshot } from '../snapshot';
import type { Contents } from './contents';

/**
 * Makes scrapes with the scope `hosts` show what a function reads.
 *
 * @param contents of the registry
 * @param read returns what all hosts have counted
 * @returns a function that ends this
 * @throws Error if the registry is shared already
 */
export function showHosts(contents: Contents, read: () => Promise<Snapshot>): () => void {
  if (contents.hosts !== null) {
    throw new Error('the registry is shared already: close() the former share first');
  }
  contents.hosts = read;
  return () => {
    contents.hosts = null;
  };
}

/**
 * Returns what all hosts have counted, as UTF-8.
 *
 * @returns rejects with an MpmetricsError `ERR_MPMETRICS_INVALID` if nothing shares the registry, with `Unavailable` while
 *   not all can be read
 */
export async function hostsBuffer(
  { hosts }: Contents,
  contentType: RegistryContentType,
): Promise<Bytes> {
  if (hosts === null) {
    throw new MpmetricsError(
      'ERR_MPMETRICS_INVALID',
      "the scope 'hosts' needs a registry that is shared: call redis({ register, … }) of mpmetrics/redis first",
    );
  }
  return (await hosts()).buffer({ contentType });
}
