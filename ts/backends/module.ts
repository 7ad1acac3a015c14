/** Backends that are modules: finding and loading them, and making the object that a class stands for. */

import { createRequire } from 'module';
import { dirname, isAbsolute, join, resolve } from 'path';

import { codeOf, messageOf, MpmetricsError, shown } from '../errors';
import type { Configuration } from './configuration';
import {
  isCellBackend,
  isEngine,
  type BackendClass,
  type BackendEngine,
  type CellBackend,
} from './contract';

/** A backend or an engine that was made, and how long it takes until it can be used. */
export interface Made {
  readonly one: CellBackend | BackendEngine;
  /** The promise that `static initialize` returned; null if there is nothing to wait for. */
  readonly initialization: Promise<void> | null;
}

/** The promises of classes whose `initialize` was called in this isolate. */
const initialized = new WeakMap<object, Promise<void> | null>();

/**
 * Returns the path of a backend's module.
 *
 * @param name a path, which is relative to the working directory, or the name of a package
 * @throws MpmetricsError `ERR_MPMETRICS_INVALID` that names the places where it was looked for
 */
export function pathOf(name: string): string {
  const isPath = isAbsolute(name) || /^\.\.?([/\\]|$)/.test(name);
  const main = process.argv[1];
  const folders = [process.cwd()];
  if (!isPath && main !== undefined) folders.push(dirname(resolve(main)));
  const sought: string[] = [];
  for (const folder of folders) {
    const from = createRequire(join(folder, 'index.js'));
    try {
      return from.resolve(name);
    } catch (error) {
      if (codeOf(error) !== 'MODULE_NOT_FOUND') {
        throw invalid(`the backend ${shown(name)} cannot be found: ${messageOf(error)}`, error);
      }
      const places = isPath ? [resolve(folder, name)] : (from.resolve.paths(name) ?? []);
      sought.push(...places.filter((place) => !sought.includes(place)));
    }
  }
  throw invalid(
    `the backend ${shown(name)} was not found: it was looked for in ${sought.join(', ')}`,
  );
}

/**
 * Loads a backend's module.
 *
 * @param name as the user wrote it
 * @throws MpmetricsError `ERR_MPMETRICS_INVALID` if there is no such module, or the module cannot be loaded
 */
export function load(name: string): unknown {
  const path = pathOf(name);
  let loaded: unknown;
  try {
    loaded = createRequire(join(process.cwd(), 'index.js'))(path);
  } catch (error) {
    const code = codeOf(error);
    const late = code === 'ERR_REQUIRE_ESM' || code === 'ERR_REQUIRE_ASYNC_MODULE';
    const hint = late
      ? '. Import the module in the program, and pass its object to configure({ backend })'
      : '';
    throw invalid(
      `the backend ${shown(name)} (${path}) cannot be loaded: ${messageOf(error)}${hint}`,
      error,
    );
  }
  // An ES module, and one that TypeScript or Babel compiled to CommonJS, has its default export as a property.
  const { default: exported } = Object(loaded) as { default?: unknown };
  return exported ?? loaded;
}

/**
 * Makes a backend or an engine of what the user gave.
 *
 * @param given an object, or a class
 * @param name as messages name it
 * @throws MpmetricsError `ERR_MPMETRICS_INVALID` for anything else, with the method that it lacks; also if the class
 *   throws
 */
export function make(given: unknown, name: string, config: Configuration): Made {
  if (typeof given !== 'function') return { one: checked(given, name), initialization: null };
  const Class = given as unknown as BackendClass;
  try {
    const initialization = initialize(Class, name, config);
    return { one: checked(new Class(config as never), name), initialization };
  } catch (error) {
    if (error instanceof MpmetricsError) throw error;
    throw invalid(`the backend ${name} cannot be made: ${messageOf(error)}`, error);
  }
}

function initialize(
  Class: BackendClass,
  name: string,
  config: Configuration,
): Promise<void> | null {
  const before = initialized.get(Class);
  if (before !== undefined) return before;
  const result: unknown = Class.initialize?.(config as never);
  const promise =
    typeof (result as Partial<PromiseLike<void>> | null | undefined)?.then === 'function'
      ? Promise.resolve(result as PromiseLike<void>).catch((error: unknown) => {
          const message = `initialize() of the backend ${name} failed: ${messageOf(error)}`;
          throw new MpmetricsError('ERR_MPMETRICS_IO', message, error);
        })
      : null;
  // A scrape that waits for it meets the error. Without a scrape, the rejection would end the process.
  promise?.catch(() => undefined);
  initialized.set(Class, promise);
  return promise;
}

function checked(one: unknown, name: string): CellBackend | BackendEngine {
  if (isCellBackend(one) || isEngine(one)) return one;
  const rule = 'an object with a method open (a backend of cells) or push (an engine)';
  // The values of an object may be passwords.
  const is =
    typeof one === 'object' && one !== null
      ? `an object with ${Object.keys(one).join(', ') || 'nothing'}`
      : shown(one);
  throw invalid(`the backend ${name} must be ${rule}, and is ${is}`);
}

function invalid(message: string, cause?: unknown): MpmetricsError {
  return new MpmetricsError('ERR_MPMETRICS_INVALID', message, cause);
}
