/**
 * `node --import mpmetrics/register app.js`, or `--require`: code that loads prom-client or one of its successors gets
 * this package, also in dependencies, worker threads and child processes.
 */

import * as nodeModule from 'module';
import { join } from 'path';
import { pathToFileURL } from 'url';

import { answered, type Context, type Resolved } from './loader';
import { answerTo } from './names';

/** The functions of `node:module` used here. The first exists since Node.js 22.15; the last is undocumented. */
interface Hooks {
  registerHooks?: (hooks: { resolve: typeof resolve }) => void;
  register(specifier: string): void;
  _resolveFilename: (request: string, parent: Parent, ...rest: unknown[]) => string;
}

/** The module that calls `require`. */
type Parent = { filename?: string | null } | null | undefined;

type Next = (specifier: string, context: Context) => Resolved;

/** Marks a thread that has the hooks, so that `--import` and `--require` together install them once. */
const DONE = Symbol.for('mpmetrics.register');

function resolve(specifier: string, context: Context, next: Next): Resolved {
  return answered(specifier, context, () => next(specifier, context)) ?? next(specifier, context);
}

function hook(): void {
  const hooks = nodeModule as unknown as Hooks & { default?: Hooks };
  const module = hooks.default ?? hooks;
  if (module.registerHooks !== undefined) {
    module.registerHooks({ resolve });
    return;
  }
  const original = module._resolveFilename;
  module._resolveFilename = (request, parent, ...rest) => {
    const installed = () => original(request, parent, ...rest);
    return answerTo(request, false, parent?.filename ?? undefined, installed) ?? installed();
  };
  module.register(pathToFileURL(join(__dirname, 'loader.js')).href);
}

/**
 * Adds this file to NODE_OPTIONS for child processes: those that are spawned, not forked, do not get this process's
 * `--import`.
 */
function passOn(): void {
  const before = process.env['NODE_OPTIONS'] ?? '';
  if (before.includes(__filename)) return;
  // Node.js reads a path in double quotes, with a backslash before each quote and backslash.
  const quoted = `"${__filename.replace(/["\\]/g, '\\$&')}"`;
  process.env['NODE_OPTIONS'] = `${before} --require ${quoted}`.trim();
}

const state = globalThis as { [DONE]?: true };
if (state[DONE] === undefined) {
  state[DONE] = true;
  hook();
  passOn();
}
