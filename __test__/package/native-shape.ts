/** Compiles only if what napi-rs generates from the Rust code is what `ts/native/` says it is. */
import type * as generated from '../../npm/linux-x64-gnu/index';
import type { Binding } from '../../ts/native';

export function asDeclared(native: typeof generated): Binding {
  return native;
}
