/**
 * The sole loader of the native module. Nothing is loaded when this file is imported: the first
 * call of {@link loadBinding} looks for a binary, and what it found holds for the isolate's life.
 */

import { closeSync, openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';

import type { Binding } from './native';

/** Platforms that a binary is built for: the ending of its package's name. */
const PLATFORMS: readonly string[] = ['linux-x64-gnu'];

/** Enough of an ELF file to hold its program headers and its interpreter's path. */
const ELF_HEAD_BYTES = 2048;

/** One look for the binary: either the module or the sentence that says why there is none. */
type Outcome = { binding: Binding; reason: null } | { binding: null; reason: string };

let outcome: Outcome | undefined;

/**
 * The native module, loaded at the first call.
 *
 * It is looked for in this order: the file named by the environment variable `MPMETRICS_NATIVE`
 * (an absolute path, for tests); a local build in `npm/<platform>/` beside this package's folder of
 * code; the platform package `mpmetrics-<platform>`.
 *
 * @returns null where no binary fits or loading one is forbidden (`--permission`, `--no-addons`);
 *   {@link bindingFailure} then says why. Never throws.
 */
export function loadBinding(): Binding | null {
  outcome ??= look();
  return outcome.binding;
}

/**
 * Why {@link loadBinding} returned null, as part of a sentence without a full stop; null where it
 * did not fail. Looks for the module if nobody has yet.
 */
export function bindingFailure(): string | null {
  outcome ??= look();
  return outcome.reason;
}

/**
 * The name of this machine's platform as the platform packages spell it, such as `linux-x64-gnu`.
 * It may be one that no binary is built for.
 */
export function platformName(): string {
  const base = `${process.platform}-${process.arch}`;
  return process.platform === 'linux' ? `${base}-${libc()}` : base;
}

function look(): Outcome {
  const named = process.env['MPMETRICS_NATIVE'];
  if (named !== undefined && named !== '') {
    return isAbsolute(named)
      ? attempt(named, `MPMETRICS_NATIVE names ${named}, which could not be loaded`)
      : failed(`MPMETRICS_NATIVE must be an absolute path, and is ${JSON.stringify(named)}`);
  }
  const platform = platformName();
  if (!PLATFORMS.includes(platform)) {
    return failed(
      `no native build exists for ${platform} (there is one for ${PLATFORMS.join(', ')})`,
    );
  }
  // A checkout's own build comes before an installed package: who builds wants to run what was built.
  const local = join(__dirname, '..', 'npm', platform, `mpmetrics.${platform}.node`);
  const built = attempt(local, `the local build ${local} could not be loaded`);
  if (built.binding !== null) return built;
  const name = `mpmetrics-${platform}`;
  const installed = attempt(name, `${name} could not be loaded`);
  if (installed.binding !== null || !installed.missing) return installed;
  return built.missing ? failed(`the optional dependency ${name} is not installed`) : built;
}

function attempt(specifier: string, sentence: string): Outcome & { missing?: boolean } {
  try {
    // Not a plain `require`: bundlers would try to inline a binary, and ES module loaders that run
    // this source directly have none.
    const loaded: unknown = createRequire(__filename)(specifier);
    if (isBinding(loaded)) return { binding: loaded, reason: null };
    return failed(`${sentence}: it does not export openHeap`);
  } catch (error) {
    return { ...failed(`${sentence}: ${firstLine(error)}`), missing: isMissing(error, specifier) };
  }
}

function failed(reason: string): { binding: null; reason: string } {
  return { binding: null, reason };
}

function isBinding(loaded: unknown): loaded is Binding {
  return (
    typeof loaded === 'object' &&
    loaded !== null &&
    'openHeap' in loaded &&
    typeof loaded.openHeap === 'function'
  );
}

/** True if the module itself was not there, not something that it needs. */
function isMissing(error: unknown, specifier: string): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'MODULE_NOT_FOUND' &&
    error.message.includes(specifier)
  );
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? text;
}

/**
 * The C library that this Node.js is linked with, told by the interpreter's path in its own ELF
 * header. `process.report` would tell too, but it interrupts every worker thread and waits for it
 * without a bound: a thread in `Atomics.wait` would hang the program.
 */
function libc(): 'gnu' | 'musl' {
  try {
    const file = openSync(process.execPath, 'r');
    try {
      const head = Buffer.alloc(ELF_HEAD_BYTES);
      readSync(file, head, 0, ELF_HEAD_BYTES, 0);
      return head.includes('/ld-musl-') ? 'musl' : 'gnu';
    } finally {
      closeSync(file);
    }
  } catch {
    // The permission model forbids reading it. Loading the binary will say what is to be said.
    return 'gnu';
  }
}
