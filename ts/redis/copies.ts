/** Copies of what Redis has of dead incarnations: joining two, and restoring what Redis has lost from one. */

import { Snapshot } from '../snapshot';
import { RedisError } from './failure';
import type { Hash, Tombstone } from './hash';
import { packed, unpacked } from './parcel';
import type { Copy, HostState, Pending } from './state';
import { after, numberOf } from './version';

/** How often a step is tried again because another host changed what it compares. */
export const ROUNDS = 8;

/** Returns an error for a step that others came before, in each round. */
export function contended(step: string): RedisError {
  const message = `${step} met those of other hosts or isolates; the next push goes on`;
  return new RedisError('contended', message);
}

/** Redis has another epoch than the step began with: it lost its data meanwhile. */
export class EpochChanged extends RedisError {
  constructor() {
    super('other', 'Redis lost its data meanwhile; the next push sends all again');
    this.name = 'EpochChanged';
  }
}

/** Returns the copy that Redis has after a pending step, if Redis makes it. */
export function withPending(copy: Copy, { version, folded, inc, tombstone }: Pending): Copy {
  const tombstones = new Map(copy.tombstones);
  if (inc !== null) tombstones.set(inc, tombstone!);
  return { ...copy, version, folded, tombstones };
}

/**
 * Joins two copies by their tombstones. The one with the later version is the base: what only the other one has folded
 * is added. Tombstones that the base's side has trimmed are not missing in it.
 */
export async function union(one: Copy, other: Copy): Promise<Copy> {
  const [base, rest] =
    numberOf(other.version) > numberOf(one.version) ? [other, one] : [one, other];
  const missing = [...rest.tombstones].filter(
    ([inc, { time }]) => !base.tombstones.has(inc) && time > base.horizon,
  );
  const horizon = Math.max(one.horizon, other.horizon);
  if (missing.length === 0) return { ...base, horizon };
  const parts = missing.map(([, tombstone]) => unpacked(tombstone.packed));
  const sum = await Snapshot.sum([unpacked(base.folded), ...parts]);
  return {
    version: after(one.version, other.version),
    folded: await packed(sum),
    tombstones: new Map([...base.tombstones, ...missing]),
    horizon,
  };
}

/** Reads what Redis has, with the snapshots of its tombstones. Takes those that `known` has from there. */
async function remoteCopy(hash: Hash, epoch: string, known: Copy): Promise<Copy> {
  const remote = await hash.copy();
  if (remote.epoch !== epoch) throw new EpochChanged();
  const { version, folded, horizon, times } = remote;
  const unknown = [...times.keys()].filter((inc) => !known.tombstones.has(inc));
  const blobs = await hash.tombstones(unknown);
  const tombstones = new Map<string, Tombstone>();
  for (const [inc, time] of times) {
    const packed = blobs[unknown.indexOf(inc)] ?? known.tombstones.get(inc)?.packed;
    if (packed !== undefined) tombstones.set(inc, { time, packed });
  }
  return { version, folded, tombstones, horizon };
}

/**
 * Brings the host's copy and Redis to one state: the union of both.
 *
 * @param lost whether Redis is known to have lost data: then a pending step is restored, too, because Redis may have
 *   made it before. Otherwise it is dropped once Redis cannot make it any more
 * @returns the state with the new copy, which the caller has to save
 */
export async function reconcile(
  hash: Hash,
  state: HostState,
  lost: boolean,
  leaseMs: number,
): Promise<HostState> {
  const { epoch, copy, pending } = state;
  for (let round = 0; round < ROUNDS; round++) {
    const remote = await remoteCopy(hash, epoch, copy);
    let merged = await union(remote, copy);
    if (lost && pending !== null) merged = await union(merged, withPending(copy, pending));
    const open = lost || pending === null ? null : stillOpen(pending, remote);
    if (merged.version === remote.version) return { ...state, copy: merged, pending: open };
    const missing = [...merged.tombstones].filter(([inc]) => !remote.tombstones.has(inc));
    const outcome = await hash.restore(
      { epoch, version: remote.version },
      merged,
      new Map(missing),
      leaseMs,
    );
    if (outcome === 'EPOCH') throw new EpochChanged();
    if (outcome === 'OK') return { ...state, copy: merged, pending: open };
  }
  throw contended('restoring what Redis has lost');
}

/** Returns a pending step if Redis has neither made it nor a later one, so that it may still make it; else null. */
function stillOpen(pending: Pending, remote: Copy): Pending | null {
  return numberOf(remote.version) >= numberOf(pending.version) ? null : pending;
}
