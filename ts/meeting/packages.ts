/**
 * The package to which a program belongs. It distinguishes processes of the same application from other programs that
 * the application starts.
 */

import { existsSync, realpathSync, statSync } from 'fs';
import { dirname, join, resolve } from 'path';

const MODULES = '/node_modules/';

/**
 * The nearest folder with a package.json, from the given folder upwards. If there is none, the given folder: so scripts
 * in the same folder belong together even without a package.
 */
export function packageOf(folder: string): string {
  for (let at = folder; ;) {
    if (existsSync(join(at, 'package.json'))) return at;
    const above = dirname(at);
    if (above === at) return folder;
    at = above;
  }
}

/** True if a package is a dependency of some package, that is, lies in a `node_modules`. */
export function isInstalled(folder: string): boolean {
  return folder.includes(MODULES);
}

/**
 * True if `folder` is installed for `other`: it lies in the `node_modules` of `other`, or in the `node_modules` of a
 * package that contains `other`. Then both belong to one application: for example, one is a runner, and the other is
 * the application or another dependency of it.
 *
 * @param folder a package, as {@link packageOf} gives it
 * @param other another one
 */
export function isInstalledFor(folder: string, other: string): boolean {
  for (let end = folder.length; (end = folder.lastIndexOf(MODULES, end - 1)) > 0;) {
    const holder = folder.slice(0, end);
    if (other !== holder && !other.startsWith(`${holder}/`)) continue;
    // A folder with the packages of the whole machine, such as /usr/lib, is no application.
    if (existsSync(join(holder, 'package.json'))) return true;
  }
  return false;
}

/** The package of a script; null if there is no such script. */
export function packageOfScript(script: string): string | null {
  const found = scriptFile(script);
  return found === null ? null : packageOf(dirname(found));
}

/** The file that `node <script>` runs. Follows symbolic links, because programs in node_modules/.bin are such. */
function scriptFile(script: string): string | null {
  // Node.js tries the same files for its main script.
  for (const candidate of [script, `${script}.js`, join(script, 'index.js')]) {
    try {
      const real = realpathSync(candidate);
      if (statSync(real).isFile()) return real;
    } catch {
      // The file is missing or cannot be read: tries the next one.
    }
  }
  return null;
}

/** Options of `node` that take the next argument as their value. */
const VALUED = new Set(
  (
    '-r --require --import --loader --experimental-loader -C --conditions --title --input-type ' +
    '--env-file --env-file-if-exists --watch-path --stack-trace-limit --icu-data-dir ' +
    '--openssl-config --test-reporter'
  ).split(' '),
);

/** Options with which `node` runs no script. */
const CODE = /^(?:-e|-p|-pe|--eval|--print|-i|--interactive)$/;

/**
 * The main script in the command line of a Node.js process.
 *
 * @param args its arguments, the program's own name first
 * @param cwd its working directory, which relative paths start from
 * @returns an absolute path; null if it runs none
 */
export function scriptOfCommand(args: readonly string[], cwd: string): string | null {
  const script = args.find((arg, i) => i > 0 && !arg.startsWith('-') && !VALUED.has(args[i - 1]!));
  const none = script === undefined || args.slice(1).some((arg) => CODE.test(arg));
  return none ? null : scriptFile(resolve(cwd, script));
}

/**
 * The package of a running Node.js process by its command line.
 *
 * @param args its arguments, the program's own name first
 * @param cwd its working directory, which relative paths start from
 * @returns null if it is unknown, because the process changed its title, or runs something else
 */
export function packageOfCommand(args: readonly string[], cwd: string): string | null {
  for (let i = 1; i < args.length; i++) {
    const arg = args[i]!;
    if (CODE.test(arg) || arg === '-') return packageOf(cwd);
    if (VALUED.has(arg)) i++;
    else if (!arg.startsWith('-')) return packageOfScript(resolve(cwd, arg));
  }
  return null;
}
