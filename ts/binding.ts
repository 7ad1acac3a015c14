/**
 * Loads the native module; no other file loads it. Importing this file loads nothing: the first call of
 * {@link loadBinding} looks for a binary, and its result holds for the isolate's life.
 */

import { createRequire } from 'module';
import { basename, dirname, isAbsolute, join, resolve } from 'path';

import { MpmetricsError } from './errors';
import { libcOf } from './libc';
import { OUTS, REFUSALS, STATUSES, type Binding, type Layout } from './native';

/** The platforms for which a package with a binary exists, as the suffixes of the packages' names. */
const PLATFORMS: readonly string[] = [
  'linux-x64-gnu',
  'linux-x64-musl',
  'linux-arm64-gnu',
  'linux-arm64-musl',
  'linux-arm-gnueabihf',
  'linux-ppc64-gnu',
  'linux-riscv64-gnu',
  'linux-s390x-gnu',
];

/** Path of the program's main script; without one, of an `index.js` in the working directory. */
const MAIN_FILE = resolve(process.argv[1] ?? 'index.js');

/**
 * Path of the file that contains this code. A bundler may have put the code into an ES module, which has no
 * `__filename`: then this is the path of the main script.
 */
const OWN_FILE = typeof __filename === 'string' && isAbsolute(__filename) ? __filename : MAIN_FILE;

/** True if a bundler put this code into a file that is not one of this package's own. */
const BUNDLED = !/^(binding\.ts|mpmetrics\.js)$/.test(basename(OWN_FILE));

/** The result of looking for the binary: either the module or a sentence that says why there is none. */
type Outcome = { binding: Binding; reason: null } | { binding: null; reason: string };

let outcome: Outcome | undefined;

/**
 * Returns the native module, which the first call loads.
 *
 * If the environment variable `MPMETRICS_NATIVE` is set, it names the file to load (an absolute path). Otherwise the
 * first call tries in this order:
 *
 * 1. a local build in `npm/<platform>/` beside this package's folder of code; in a bundle,
 *    `mpmetrics.<platform>.node` beside the bundle;
 * 2. the platform package `mpmetrics-<platform>`, resolved from this file;
 * 3. the same package, resolved from the program's main script.
 *
 * @returns null if no binary fits or loading one is forbidden (`--permission`, `--no-addons`); {@link bindingFailure}
 *   then says why. Never throws.
 */
export function loadBinding(): Binding | null {
  outcome ??= look();
  return outcome.binding;
}

/**
 * Returns why {@link loadBinding} returned null, as part of a sentence without a full stop; null if it returned a
 * module. Loads the module if neither function was called before.
 */
export function bindingFailure(): string | null {
  outcome ??= look();
  return outcome.reason;
}

/**
 * Returns the native module.
 *
 * @param what what needs it, as the subject of a sentence
 * @throws MpmetricsError `ERR_MPMETRICS_UNSUPPORTED` if {@link loadBinding} returns null
 */
export function requireBinding(what: string): Binding {
  const binding = loadBinding();
  if (binding !== null) return binding;
  const reason = bindingFailure() ?? 'it is missing';
  throw new MpmetricsError(
    'ERR_MPMETRICS_UNSUPPORTED',
    `${what} needs the native module: ${reason}`,
  );
}

/**
 * Returns the name of this machine's platform as the platform packages spell it, such as `linux-x64-gnu`. The platform
 * may have no binary.
 */
export function platformName(): string {
  const base = `${process.platform}-${process.arch}`;
  if (process.platform !== 'linux') return base;
  const libc = libcOf(process.execPath);
  if (process.arch !== 'arm') return `${base}-${libc}`;
  // The binary has instructions of ARMv7, and passes floating-point numbers in registers.
  const { arm_version: version, arm_float_abi: floats } = process.config.variables as ArmVariables;
  const hard = floats === undefined || floats === 'hard' ? 'hf' : '';
  return `linux-arm${Number(version ?? 7) < 7 ? 'v6' : ''}-${libc}eabi${hard}`;
}

/** What Node.js says about the processor that it was compiled for, on 32-bit ARM. */
interface ArmVariables {
  readonly arm_version?: string | number;
  readonly arm_float_abi?: string;
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
      platform.endsWith('-static')
        ? 'this Node.js is linked statically, and a static program cannot load native modules'
        : `no native build exists for ${platform} (there are builds for ${PLATFORMS.join(', ')})`,
    );
  }
  const file = `mpmetrics.${platform}.node`;
  const folder = dirname(OWN_FILE);
  // A checkout's own build comes before an installed package, because a developer wants to run the build.
  const local = BUNDLED ? join(folder, file) : join(folder, '..', 'npm', platform, file);
  const built = attempt(local, `the local build ${local} could not be loaded`);
  if (built.binding !== null) return built;
  const name = `mpmetrics-${platform}`;
  for (const from of new Set([OWN_FILE, MAIN_FILE])) {
    const installed = attempt(name, `${name} could not be loaded`, from);
    if (installed.binding !== null || !installed.missing) return installed;
  }
  if (!built.missing) return built;
  return failed(
    BUNDLED
      ? `${name} is not installed where this bundle can find it. Leave mpmetrics out of the bundle (esbuild: ` +
          `--external:mpmetrics; Next.js: serverExternalPackages: ['mpmetrics'], and for standalone output ` +
          `outputFileTracingIncludes with 'node_modules/${name}/**'), copy ${file} of ${name} ` +
          `beside the bundle, or set MPMETRICS_NATIVE to its absolute path`
      : `the optional dependency ${name} is not installed. ${remedy(platform)}`,
  );
}

/**
 * Returns what a person does about a missing optional dependency, without a full stop at the end. npm 9 and 10 install
 * none if the lock file was written on another platform (npm/cli#4828), and so does any npm with `--omit=optional`.
 */
function remedy(platform: string): string {
  const [os, cpu, abi = ''] = platform.split('-');
  const libc = abi.startsWith('musl') ? 'musl' : 'glibc';
  return (
    'If npm wrote the lock file on another platform, remove node_modules and the lock file, and run npm install ' +
    'with npm 11 or newer (npm/cli#4828). To install for this platform on another one: ' +
    `npm install --os=${os} --cpu=${cpu}${os === 'linux' ? ` --libc=${libc}` : ''}`
  );
}

function attempt(
  specifier: string,
  sentence: string,
  from = OWN_FILE,
): Outcome & { missing?: boolean } {
  try {
    // Not a plain `require`: bundlers would try to inline the binary, and an ES module loader that runs
    // this source directly has no `require`.
    const loaded: unknown = createRequire(from)(specifier);
    if (!isBinding(loaded)) return failed(`${sentence}: it does not export openHeap`);
    const strange = strangeNumber(loaded.layout());
    if (strange === null) return { binding: loaded, reason: null };
    return failed(`${sentence}: it is of another version (${strange})`);
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

/**
 * Compares the names of the enums' numbers in the native module with those in this package. Returns the first number
 * whose two names differ, such as `Status 3`; null if all names are the same.
 */
function strangeNumber({ statuses, outs, refusals }: Layout): string | null {
  const tables = [
    ['Status', STATUSES, statuses],
    ['Out', OUTS, outs],
    ['Refusal', Object.fromEntries(REFUSALS.map((name, n) => [name, n])), refusals],
  ] as const;
  for (const [table, ours, theirs] of tables) {
    const names = Object.entries(ours).sort(([, a], [, b]) => a - b);
    for (let n = 0; n < Math.max(names.length, theirs.length); n++) {
      const [name, number] = names[n] ?? [];
      if (name !== theirs[n] || number !== n) return `${table} ${n}`;
    }
  }
  return null;
}

/** True if the module itself was not found; false if one of its own dependencies was not. */
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
