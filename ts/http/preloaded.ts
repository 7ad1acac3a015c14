/** Tells `node --import mpmetrics/http` from a program that imports `mpmetrics/http` itself. */

import { CLIENTS } from '../register/names';

/** The path of the published file, which may be given in place of the module's name. */
const FILE = /[/\\]dist[/\\]http[/\\]index\.m?js$/;

/** Returns whether this process, or this thread, was started with `--import` or `--require` of `mpmetrics/http`. */
export function isPreloaded(): boolean {
  const args = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/)];
  const modules = args.flatMap((arg, i) => {
    const [, joined] = /^(?:--import|--require|-r)(?:=(.*))?$/.exec(arg) ?? [];
    return /^(?:--import|--require|-r)(?:=|$)/.test(arg) ? [joined ?? args[i + 1] ?? ''] : [];
  });
  return modules.some((one) => isThis(one.replace(/^"|"$/g, '')));
}

function isThis(module: string): boolean {
  return FILE.test(module) || ['mpmetrics', ...CLIENTS].some((name) => module === `${name}/http`);
}
