/** What a host has to know besides its segment. The host's elected isolate keeps it, and the next one goes on from it. */

import { NONE } from './version';
import type { Tombstone } from './hash';

/** A copy of what Redis has of dead incarnations, from which a host restores it. */
export interface Copy {
  readonly version: string;
  /** What dead incarnations had counted, packed; empty for nothing. */
  readonly folded: Buffer;
  readonly tombstones: ReadonlyMap<string, Tombstone>;
  /** The latest time of a tombstone that was trimmed. */
  readonly horizon: number;
}

/** A step that the host may have made: it does not know yet whether Redis made it. */
export interface Pending {
  readonly version: string;
  readonly folded: Buffer;
  /** The incarnation that the step folds; null for a step that folds none. */
  readonly inc: string | null;
  readonly tombstone: Tombstone | null;
}

/** What identifies the host's present incarnation, and what Redis has acknowledged of it. */
export interface Standing {
  /** The incarnation's number: incarnations of a segment are numbered from 0. */
  readonly number: number;
  /** The epoch in which `acked` was acknowledged; empty before the first. */
  readonly epoch: string;
  /** The last sequence number that Redis acknowledged; 0 if the incarnation is not known to be in Redis. */
  readonly acked: number;
  /** When Redis acknowledged that, by its own clock, in milliseconds since 1970. */
  readonly ackedAt: number;
}

export interface HostState extends Standing {
  /** What earlier incarnations of this host had counted, packed: the host sends the rest. Empty for nothing. */
  readonly base: Buffer;
  readonly copy: Copy;
  readonly pending: Pending | null;
}

const NOTHING = Buffer.alloc(0);

/** The copy of a host that has seen no fold. */
export const EMPTY_COPY: Copy = {
  version: NONE,
  folded: NOTHING,
  tombstones: new Map(),
  horizon: 0,
};

/** The state of a new segment. */
export const NEW: HostState = {
  number: 0,
  epoch: '',
  acked: 0,
  ackedAt: 0,
  base: NOTHING,
  copy: EMPTY_COPY,
  pending: null,
};

/** Where the state is kept. */
export interface StateStore {
  /** Identifies the segment and its copies. */
  readonly origin: string;
  /** Returns the state; {@link NEW} if there is none. */
  load(): Promise<HostState>;
  /** Keeps a state. When this resolves, the state outlives this process. */
  save(state: HostState): Promise<void>;
  /** Returns what the host's elected isolate, which may be another one, has last saved. */
  standing(): Promise<Standing>;
}
