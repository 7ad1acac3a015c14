/**
 * The backend of this isolate. The choice is made when the first metric is made, or the first scrape: from then on it
 * stays. A choice is a name, a class or an object; in use are a storage, and maybe a backend of cells or an engine.
 */

import { isDeepStrictEqual } from 'util';

import {
  isCellBackend,
  load,
  make,
  pathOf,
  readConfiguration,
  redacted,
  startEngine,
  startRedis,
  failed,
  type CellBackend,
  type Configuration,
  type Made,
} from '../backends';
import { messageOf, MpmetricsError, shown, warnOnce } from '../errors';
import { variable } from './decide';
import { configured, readSettings, saidByProgram } from './file';
import { settings, type Backend } from './settings';

/** Names that stand for no module. */
const NAMES: readonly unknown[] = ['heap', 'memory', 'redis'];

/** What the user chose. */
interface Choice {
  readonly backend: Backend;
  readonly config: Configuration;
}

/** A backend of cells that is in use. */
export interface CellsInUse {
  readonly backend: CellBackend;
  readonly name: string;
  /** Resolves when cells can be opened; null if they can be opened at once. Rejects if the backend cannot be used. */
  readonly initialization: Promise<void> | null;
}

/** The choice that is in use; undefined before the first metric, null if the user chose no backend. */
let inUse: Choice | null | undefined;
let cells: CellsInUse | null = null;
/** The choice that {@link prepare} has made ready, and its object. */
let prepared: { choice: Choice; made: Made | null } | null = null;
/** True once the choice of the environment could not be used: metrics are kept in memory. */
let failedToLoad = false;

/** The name of a choice, as `backend()` returns it. */
function nameOf(backend: Backend): string {
  if (typeof backend === 'string') return backend;
  const { name } = backend as { name?: unknown };
  if (typeof name === 'string' && name !== '') return name;
  return (backend.constructor as { name?: string } | undefined)?.name || 'a backend';
}

/**
 * Returns what the user chose; null for no backend.
 *
 * @throws MpmetricsError `ERR_MPMETRICS_INVALID` if the backend's configuration cannot be read
 */
function chosen(): Choice | null {
  const { backend, backendConfig, storage } = configured();
  const said = backend ?? storage ?? variable('MPMETRICS_BACKEND');
  if (said === undefined) return null;
  const configures = said !== 'heap' && said !== 'memory';
  return { backend: said, config: backendConfig ?? (configures ? byVariable() : {}) };
}

function byVariable(): Configuration {
  const said = variable('MPMETRICS_BACKEND_CONFIG');
  return said === undefined ? {} : readConfiguration('MPMETRICS_BACKEND_CONFIG', said);
}

/**
 * Returns the storage that the chosen backend needs.
 *
 * @returns undefined if the user chose no backend, or a module that is not loaded yet
 */
export function storageOfBackend(): 'heap' | 'memory' | undefined {
  if (cells !== null || failedToLoad) return 'memory';
  const backend = settings.backend ?? settings.storage ?? variable('MPMETRICS_BACKEND');
  if (backend === undefined) return undefined;
  if (backend === 'memory') return 'memory';
  if (typeof backend === 'string') return NAMES.includes(backend) || inUse ? 'heap' : undefined;
  return isCellBackend(backend) ? 'memory' : 'heap';
}

/** Whether `configure({ required })` may open the segment: not for a choice that needs none, or is not loaded yet. */
export function mayOpenSegment(): boolean {
  const backend = settings.backend ?? settings.storage ?? variable('MPMETRICS_BACKEND');
  if (backend === undefined || backend === 'heap' || backend === 'redis') return true;
  return typeof backend === 'object' && !isCellBackend(backend);
}

/** Makes the object of a choice, unless it was made before. */
function prepare(choice: Choice): Made | null {
  if (prepared !== null && same(prepared.choice, choice)) return prepared.made;
  const { backend, config } = choice;
  let made: Made | null = null;
  if (typeof backend !== 'string') made = make(backend, shown(nameOf(backend)), config);
  else if (!NAMES.includes(backend)) made = make(load(backend), shown(backend), config);
  close();
  prepared = { choice, made };
  return made;
}

/** Closes the object that was prepared, because another one takes its place, or the process has nothing more to do. */
function close(): void {
  const made = prepared?.made;
  if (!made || !isCellBackend(made.one)) return;
  const { one, initialization } = made;
  const name = nameOf(prepared!.choice.backend);
  const closing = async (): Promise<void> => {
    await initialization?.catch(() => undefined);
    await one.close?.();
  };
  closing().catch((error: unknown) => {
    failed('close', name, error);
  });
}

const CLOSING = Symbol.for('mpmetrics.closing.15');

/** Closes the backend when the process has nothing more to do. All copies of this package share one listener. */
function closeAtEnd(): void {
  const all = globalThis as { [CLOSING]?: Set<() => void> };
  if (all[CLOSING] === undefined) {
    const closing = (all[CLOSING] = new Set());
    process.once('beforeExit', () => {
      for (const one of closing) one();
    });
  }
  all[CLOSING].add(close);
}

function same(one: Choice | null, other: Choice | null): boolean {
  if (one === null || other === null) return one === other;
  return one.backend === other.backend && isDeepStrictEqual(one.config, other.config);
}

/**
 * Returns the backend of cells that metrics are to use; null if they use the heap or memory storage. The first call
 * decides, and starts the engine if one was chosen.
 *
 * @throws MpmetricsError if the program chose a backend that cannot be used; a choice by variables that cannot be used
 *   only causes a warning, unless `required` is set
 */
export function cellsInUse(): CellsInUse | null {
  if (inUse !== undefined) return cells;
  try {
    const choice = chosen();
    const made = choice === null ? null : prepare(choice);
    // An engine may make metrics of its own when it is started.
    inUse = choice;
    if (choice !== null) use(choice, made);
  } catch (error) {
    inUse = undefined;
    const asked = saidByProgram('backend') || saidByProgram('storage');
    if (asked || settings.required === true) throw error;
    inUse = null;
    failedToLoad = true;
    warnOnce(
      'MPMETRICS_BACKEND',
      `the metrics of this process are kept in its own memory: ${messageOf(error)}`,
      'environment',
    );
  }
  return cells;
}

function use({ backend, config }: Choice, made: Made | null): void {
  if (made === null) {
    if (backend === 'redis') startRedis(config);
    return;
  }
  const { one, initialization } = made;
  if (isCellBackend(one)) {
    cells = { backend: one, name: nameOf(backend), initialization };
    closeAtEnd();
  } else if (initialization === null) startEngine(one, config);
  else {
    const start = (): void => {
      startEngine(one, config);
    };
    initialization.then(start).catch((error: unknown) => {
      failed('open', `the engine ${nameOf(backend)}`, error, 'nothing is pushed');
    });
  }
}

/**
 * Checks that the settings may be in effect from now on.
 *
 * @param call what changed them, as the error names it
 * @param storage where metrics are kept now, if no backend of cells is in use
 * @throws MpmetricsError `ERR_MPMETRICS_INVALID` if another backend is in use, or a module is not found
 */
export function checkBackend(call: string, storage: 'heap' | 'memory'): void {
  if (inUse === undefined) {
    const { backend } = settings;
    if (typeof backend === 'string' && !NAMES.includes(backend)) pathOf(backend);
    return;
  }
  const now = chosen();
  if (same(now, inUse) || (inUse === null && now?.backend === storage)) return;
  const before = inUse === null ? defaultName() : shown(nameOf(inUse.backend));
  throw new MpmetricsError(
    'ERR_MPMETRICS_INVALID',
    `${call} must come before the first metric: the backend in use is ${before}`,
  );
}

function defaultName(): string {
  return failedToLoad
    ? "'memory', because that of the environment could not be used"
    : 'the default';
}

/**
 * Reads the environment again, and loads the backend now.
 *
 * @throws MpmetricsError if the backend cannot be used, or another one is in use already
 */
export function reload(storage: 'heap' | 'memory'): void {
  readSettings();
  checkBackend('loadBackend()', storage);
  if (inUse !== undefined) return;
  const choice = chosen();
  if (choice !== null) prepare(choice);
}

/** The backend in use, or the one that the first metric will use. */
export interface BackendInfo {
  /** `heap`, `memory` or `redis`; the path or the package of a module; the name of a class or an engine. */
  readonly name: string;
  /** The backend's configuration, in which passwords are `***`. */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Returns the chosen backend; null if the user chose none.
 *
 * @throws MpmetricsError `ERR_MPMETRICS_INVALID` if the configuration that a variable names cannot be read
 */
export function backendChosen(): BackendInfo | null {
  if (failedToLoad) return { name: 'memory', config: {} };
  const choice = inUse === undefined ? chosen() : inUse;
  if (choice === null) return null;
  const config = redacted(choice.config) as BackendInfo['config'];
  return { name: String(redacted(nameOf(choice.backend))), config };
}
