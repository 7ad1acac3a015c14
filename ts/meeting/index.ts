/**
 * Meeting without configuration: every process and thread of one application opens the same segment, and no other
 * process does.
 *
 * Importing this file opens no segment and adds no listener. In the main thread, it passes on the choice of the
 * segment: to threads by the native module, and to children by this process's environment. So children find the
 * segment, however they are started.
 */

import { isMainThread } from 'worker_threads';

import { bindingFailure, loadBinding } from '../binding';
import { codeOf, messageOf, MpmetricsError, warnOnce } from '../errors';
import type { HeapLimits, NativeHeap, OpenOptions } from '../native';
import {
  backendChosen,
  checkBackend,
  mayOpenSegment,
  reload,
  storageOfBackend,
  type BackendInfo,
} from './backend';
import type { Choice } from './choice';
import {
  decide,
  decisiveVariables,
  INHERIT,
  publish,
  replacesOthers,
  segmentByVariable,
  storageByVariable,
  warnOfOtherUser,
} from './decide';
import { describe } from './description';
import { directories, namedDirectory, warnOfDisk, warnOfPassedOver } from './directories';
import { whyUnknown } from './root';
import { configured } from './file';
import { isUnderTest } from './runners';
import { DECISIVE, LIMITS, limitsOf, settings, type Settings } from './settings';

export { cellsInUse, reload, type BackendInfo, type CellsInUse } from './backend';
export { decisiveVariables } from './decide';
export { directories, namedDirectory } from './directories';
export { configured } from './file';
export { workerNumber } from './processes';
export { checkSettings } from './rules';
export {
  AGGREGATORS,
  GAUGE_PATTERN,
  SEGMENT_NAME,
  settings,
  type Backend,
  type Settings,
} from './settings';

let heap: NativeHeap | null = null;
/** True once this isolate failed to open a segment: it uses memory storage from then on, and does not warn again. */
let failed = false;
/** True once this isolate opened a segment or tried to make one: from then on settings cannot choose another. */
let opened = false;
let tidies = false;
/** The choice that the parent wrote into this process's environment. */
const inherited = process.env[INHERIT];
/** The choice that this isolate wrote there. */
let announced: string | undefined;

/**
 * Returns where this isolate keeps metrics of shared registries.
 *
 * @returns `memory` if the user chose it, if the segment could not be used, or under a test runner if the user chose
 *   neither a storage nor a segment
 */
export function storageKind(): 'heap' | 'memory' {
  if (failed) return 'memory';
  const said = storageOfBackend() ?? storageByVariable();
  if (said !== undefined) return said;
  if (!isUnderTest()) return 'heap';
  const named = settings.segment !== undefined || segmentByVariable(decisiveVariables()) !== null;
  return named ? 'heap' : 'memory';
}

/** Returns the backend in use, or the one that the first metric will use. Throws as {@link backendChosen} does. */
export function backendInfo(): BackendInfo {
  return backendChosen() ?? { name: storageKind(), config: {} };
}

/**
 * Opens the application's segment, or the one that the user named.
 *
 * If that fails, warns once, and uses memory storage from then on: a metrics library must not stop a server. Throws
 * only if the user configured `required`.
 *
 * @param options.create makes the segment if there is none
 * @returns null in memory storage, and if there is no segment and `create` is false. The file of the returned segment
 *   may be gone, and then `current` is false: either the file was removed right after this call opened it, or it was
 *   removed earlier and this call could not open another segment. The other processes go on in such a segment, too
 */
export function openSegment(options: { create: boolean }): NativeHeap | null {
  configured();
  if (storageKind() === 'memory') return null;
  if (heap?.current === true) return heap;
  if (options.create) opened = true;
  try {
    heap = open(options.create) ?? heap;
    opened ||= heap !== null;
    return heap;
  } catch (error) {
    if (heap !== null) {
      // All processes go on in the removed segment until a new one can be made.
      if (codeOf(error) !== 'ERR_MPMETRICS_BUSY') warnOfSplit(heap.path, error);
      return heap;
    }
    if (settings.required === true) throw error;
    failed = true;
    withdraw();
    warnOnce(
      'MPMETRICS_MEMORY',
      `the metrics of this process are kept in its own memory, not shared: ${messageOf(error)}`,
    );
    return null;
  }
}

function open(create: boolean): NativeHeap | null {
  const binding = loadBinding();
  if (binding === null) {
    throw new MpmetricsError('ERR_MPMETRICS_UNSUPPORTED', bindingFailure() ?? 'no native module');
  }
  const decided = decide(binding);
  if (decided === null) {
    throw new MpmetricsError('ERR_MPMETRICS_UNSUPPORTED', whyUnknown(binding));
  }
  const { choice, self } = decided;
  // A worker thread decides for the process only if the main thread has not.
  if (isMainThread || binding.choice() === null) {
    publish(binding, decided);
    if (isMainThread) announced = process.env[INHERIT];
  }
  const native = openOptions(choice, create);
  if (create) native.description = describe(decided);
  const found = binding.openHeap({ ...native, replaces: replacesOthers(choice) }, heap);
  if (found === null) return null;
  warnOfOtherUser(choice);
  warnOfOtherLimits(found);
  if (native.directories !== undefined) {
    const named = choice.dir ?? namedDirectory(decisiveVariables());
    const told = warnOfPassedOver(found.path, named, found.passedOver);
    if (!told) warnOfDisk(found.path, native.directories, named !== undefined);
  }
  const isRoot =
    choice.root?.pid === process.pid && choice.root.startTime === self?.identity.startTime;
  if (isRoot && isMainThread) tidyAtExit();
  return found;
}

function warnOfSplit(path: string, error: unknown): void {
  const reason = `and no other can be made: ${messageOf(error)}`;
  const effect = 'processes that start from now on do not share the figures of those that run';
  warnOnce(
    'MPMETRICS_REMOVED',
    `${path} was removed while it was in use, ${reason}; ${effect}`,
    'split',
  );
}

function openOptions(choice: Choice, create: boolean): OpenOptions {
  const options: OpenOptions = { create };
  if (choice.path === undefined) {
    options.name = choice.name!;
    options.directories = choice.directories ?? directories(choice.dir, decisiveVariables());
    if (choice.root !== undefined) options.root = choice.root;
  } else {
    options.path = choice.path;
  }
  if (choice.mode !== undefined) options.mode = choice.mode;
  if (choice.gid !== undefined) options.gid = choice.gid;
  if (choice.limits !== undefined) options.limits = choice.limits;
  return options;
}

/** Warns if this process configured limits that the segment does not have, because another process made it. */
function warnOfOtherLimits({ limits, path }: NativeHeap): void {
  const wanted = limitsOf(settings) ?? {};
  for (const name of Object.keys(wanted) as (keyof HeapLimits)[]) {
    // Bytes are rounded down to whole pages.
    if (Math.abs(wanted[name]! - limits[name]!) < 4096 && name === 'bytes') continue;
    if (wanted[name] === limits[name]) continue;
    warnOnce(
      'MPMETRICS_CONFIG',
      `configure({ ${LIMITS[name]}: ${wanted[name]} }) comes too late: ${path} was made with ${limits[name]}`,
    );
  }
}

/**
 * Makes the root remove the segment's file when it exits. If the root is killed instead, a later start of an
 * application reaps the file.
 */
function tidyAtExit(): void {
  if (tidies) return;
  tidies = true;
  process.on('exit', () => {
    try {
      heap?.tidy();
    } catch {
      // A later start of an application reaps the file.
    }
  });
}

/**
 * Applies settings, whose values the caller has checked. Changes nothing if it throws.
 *
 * @param loads true to load the backend now
 * @throws MpmetricsError `ERR_MPMETRICS_INVALID` if a segment was opened already and the settings choose another one
 *   or other limits, or if they require a segment and memory storage is in use; with `required` also the error of
 *   opening the segment
 */
export function apply(changes: Settings, loads = false): void {
  // With those of the file, which `reload` reads again.
  const before = { ...(loads ? configured() : settings) };
  const effect = effectOfSettings();
  const storage = storageKind();
  merge(changes);
  try {
    const keys = Object.keys(changes);
    if (keys.includes('backend') || keys.includes('backendConfig')) {
      checkBackend(`configure({ ${keys.join(', ')} })`, storage);
    }
    if (opened && effectOfSettings() !== effect) throw tooLate(changes);
    if (!opened) announce();
    if (settings.required === true && mayOpenSegment()) {
      if (failed) throw tooLate(changes);
      openSegment({ create: true });
    }
    if (loads) reload(storageKind());
  } catch (error) {
    for (const key of Object.keys(settings)) Reflect.deleteProperty(settings, key);
    merge(before);
    if (heap === null && !failed) {
      opened = false;
      announce();
    }
    throw error;
  }
}

function merge(changes: Settings): void {
  // Each of the two replaces the other, because both say where metrics are kept.
  if (changes.backend !== undefined) Reflect.deleteProperty(settings, 'storage');
  else if (changes.storage !== undefined) Reflect.deleteProperty(settings, 'backend');
  for (const [key, value] of Object.entries(changes) as [string, unknown][]) {
    if (value !== undefined) Object.assign(settings, { [key]: value });
  }
}

/** Returns the effect of the settings as a text, so that effects can be compared. */
function effectOfSettings(): string {
  const binding = failed ? null : loadBinding();
  if (binding === null) return JSON.stringify(DECISIVE.map((key) => settings[key] ?? null));
  if (storageKind() === 'memory') return 'memory';
  const decided = decide(binding);
  return decided === null ? '' : JSON.stringify(openOptions(decided.choice, true));
}

function tooLate(changes: Settings): MpmetricsError {
  const place = heap === null ? 'memory storage is in use' : `${heap.path} is in use`;
  const keys = Object.keys(changes).join(', ');
  return new MpmetricsError(
    'ERR_MPMETRICS_INVALID',
    `configure({ ${keys} }) must come before the first metric: ${place}`,
  );
}

/** Passes the choice of this process's segment on to its threads and children. Never throws. */
function announce(): void {
  try {
    withdraw();
    if (!isMainThread || storageKind() === 'memory') return;
    const binding = loadBinding();
    const decided = binding === null ? null : decide(binding);
    if (binding === null || decided === null) return;
    publish(binding, decided);
    announced = process.env[INHERIT];
  } catch {
    // The first metric meets the same error, and reports it.
  }
}

/** Restores the parent's choice in the environment, because this isolate's choice changes or is not used. */
function withdraw(): void {
  if (announced !== undefined && process.env[INHERIT] === announced) {
    if (inherited === undefined) Reflect.deleteProperty(process.env, INHERIT);
    else process.env[INHERIT] = inherited;
  }
  announced = undefined;
}

announce();
