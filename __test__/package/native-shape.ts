/** Compiles only if the types that napi-rs generates from the Rust code fit the interfaces of `ts/native/`. */
import type * as generated from '../../npm/linux-x64-gnu/index';
import type { Binding } from '../../ts/native';

export function asDeclared(native: typeof generated): Binding {
  return native;
}
