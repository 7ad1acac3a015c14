/** Where series are kept: in the shared heap, in this process's own memory, or in a backend of the user's own. */

import { loadBinding } from '../binding';
import { cellsInUse, configured, openSegment, storageKind } from '../meeting';
import { Refusal, Status } from '../native';
import { BackendFamily } from './backend/family';
import { BackendPlace, type CellSource } from './backend/place';
import { HeapFamily } from './heap/family';
import type { HeapSource } from './heap/source';
import { HeapStorage } from './heap/storage';
import { storesAsked } from './heap/stores';
import { MemoryFamily } from './memory';
import type { Roster } from './roster';

export { cellsInUse, storageKind } from '../meeting';
export { REFUSALS } from '../native';
export * as histogramCells from './cells/histogram';
export type { Scale } from './cells/histogram';
export { ownImage, readImage } from './cells/image';
export type { FamilyType, Kind, MetricType, Shape } from './cells/kind';
export * from './cells/kinds';
export * from './cells/octave';
export { Backing, Handle } from './cells/handle';
export { summaryKind } from './cells/summary';
export { MOST_SUB_WINDOWS, summaryNumbers, windowOf, type Window } from './cells/summary-layout';
export * as summaryCells from './cells/summary-observation';
export { adding, observing, observingTimes, setting, type Update } from './cells/update';
export { BackendFamily } from './backend/family';
export { collecting, type Collect } from './collecting';
export { copySeries } from './copying';
export type * from './data';
export { NOTHING_ASKED, type Asked, type Family } from './family';
export { Candidate } from './heap/candidate';
export { HeapFamily } from './heap/family';
export { parseFamilies } from './heap/json';
export type { Format, Selection } from './heap/scrapes';
export type { HeapSource } from './heap/source';
export { HeapStorage } from './heap/storage';
export { storesAsked } from './heap/stores';
export { MemoryFamily, memoryFigures, memorySeries } from './memory';
export type { LabelOptions } from './label-sets';
export { Roster } from './roster';
export { WRITER_LABELS } from './writer-labels';

/** Milliseconds that a scrape waits for other processes, unless configured. */
const COLLECT_TIMEOUT = 250;

const meeting: HeapSource = {
  openSegment: (options) =>
    cellsInUse() === null && storageKind() === 'heap' ? openSegment(options) : null,
  layout: () => loadBinding()!.layout(),
  stores: storesAsked,
  collectTimeout: () => configured().collectTimeout ?? COLLECT_TIMEOUT,
};

/** This isolate's heap storage; no segment is opened before the first metric or the first scrape. */
export const heap = new HeapStorage(meeting);

/**
 * Moves a metric's series into the heap, where every process sees them.
 *
 * @param tag the registry's tag
 * @param group the registry's number in this isolate
 * @param host the heap storage to use instead of the isolate's own
 * @returns false if the metric was not moved: it is in a heap already, there is no heap, this isolate has a metric of
 *   that name and tag there, or the heap refused the metric
 */
export function moveToHeap(roster: Roster, tag: string, group: number, host = heap): boolean {
  const { name } = roster.shape;
  if (roster.family.others !== null || !host.open(true) || host.has(tag, name)) return false;
  const family = new HeapFamily(host, tag, group, roster);
  host.families.add(family);
  const status = host.attemptTwice(() => family.declare());
  // The segment may be gone, with none in its place yet.
  const waits = status === Status.Busy || status === Status.Lost;
  if (waits || status === Status.Ok) {
    roster.move(family);
    if (waits) host.backlog.later();
    return true;
  }
  host.families.delete(family);
  if (status === Status.Corrupt) host.abandon();
  else host.refused(status === Status.Full ? Refusal.Memory : Refusal.Layout, roster.shape);
  return false;
}

/**
 * Moves a metric from the heap, or from a backend, to memory storage, with this isolate's own parts of its series. The
 * backend forgets these series.
 */
export function moveToMemory(roster: Roster): void {
  const { family } = roster;
  if (family.others === null && !(family instanceof BackendFamily)) return;
  roster.move(new MemoryFamily(roster.shape));
}

/** The places of backends: all families of a backend share one. */
const places = new WeakMap<object, BackendPlace>();

/**
 * Moves a metric's series into a backend of the user's own.
 *
 * @param registry name of the metric's registry; undefined if it has none
 * @returns false if it was not moved: it is in a backend already, or another metric of that name and registry is
 */
export function moveToBackend(
  roster: Roster,
  source: CellSource,
  registry: string | undefined,
): boolean {
  let place = places.get(source.backend);
  if (place === undefined) {
    place = new BackendPlace(source);
    places.set(source.backend, place);
  }
  const { shape } = roster;
  if (roster.family instanceof BackendFamily || place.has(registry, shape.name)) return false;
  const family = new BackendFamily(shape, place, registry);
  place.take(registry, shape.name, family);
  roster.move(family);
  return true;
}
