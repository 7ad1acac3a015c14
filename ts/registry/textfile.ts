/** Metrics in a file, for the textfile collector of node_exporter. */

import { unfit } from '../errors';
import { PROMETHEUS_CONTENT_TYPE } from '../exposition';
import { scopeOf, type PrintOptions, type ScopeOptions } from '../metrics';
import { rewrite } from './rewriting';

/** Options of `writeToTextfile()`. */
export interface TextfileOptions extends ScopeOptions {
  /** The file's mode, whatever the umask; 0o644 if left out. */
  mode?: number;
}

/** A registry that can be written. */
interface Printable {
  metrics(options?: PrintOptions): Promise<string>;
}

/** Writes a registry's metrics into a file, as `writeToTextfile()` documents. */
export async function writeTextfile(
  registry: Printable,
  path: string,
  options?: TextfileOptions,
): Promise<void> {
  const { mode, ...rest } = checkedTextfile(path, options);
  // The collector reads no other format.
  const text = await registry.metrics({ ...rest, contentType: PROMETHEUS_CONTENT_TYPE });
  await rewrite(path, text, mode);
}

/** Throws for an invalid path or option. */
export function checkedTextfile(
  path: unknown,
  options: TextfileOptions = {},
): TextfileOptions & { mode: number } {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw unfit('path', 'the path of a file', path);
  }
  if (!path.endsWith('.prom')) throw unfit('path', "a path that ends with '.prom'", path);
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw unfit('options', 'an object', options);
  }
  const { mode = 0o644, ...rest } = options;
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) {
    throw unfit('mode', 'a whole number from 0 to 0o777', mode);
  }
  // Checked here, so that an invalid scope does not fail at each write.
  scopeOf(rest, 'application');
  return { ...rest, mode };
}
