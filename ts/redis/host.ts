/** What a host does in Redis, in its elected isolate: it sends what it has counted, and folds hosts that have died. */

import { randomBytes } from 'crypto';

import { warnOnce } from '../errors';
import { Snapshot, type SnapshotFamily } from '../snapshot';
import { now } from '../timers';
import { contended, reconcile, ROUNDS } from './copies';
import type { FlushReply, Hash } from './hash';
import { parcelsOf, packed, snapshotOf, unpacked } from './parcel';
import { Folds } from './folds';
import { type HostState, type StateStore } from './state';
import { incarnationOf } from './version';

/** What a {@link Host} needs to know. */
export interface HostOptions {
  readonly leaseMs: number;
  readonly instance: string;
  /**
   * Returns where the state of the host's present segment is kept: the same object for the same segment. Null if the host
   * has no segment.
   */
  store(): StateStore | null;
}

/** How often in a lease the host looks for hosts whose leases are past. */
const LOOKS = 8;

export class Host {
  private readonly hash: Hash;
  private readonly options: HostOptions;
  private store: StateStore | null = null;
  private state!: HostState;
  /** The families as Redis acknowledged them, by name: the next flush sends those that differ. */
  private sent = new Map<string, SnapshotFamily>();
  /** Whether Redis has exactly {@link sent}. Else the next flush sends all. */
  private certain = false;
  /** What the host had counted at the last flush. */
  private previous: Snapshot | null = null;
  /** Whether Redis went back, to a sequence number that is lower than the one that it acknowledged. */
  private behind = false;
  private nextLook = 0;
  /** The base as it is kept, and the same unpacked. */
  private base: { kept: Buffer; snapshot: Snapshot } = {
    kept: Buffer.alloc(0),
    snapshot: Snapshot.empty,
  };

  constructor(hash: Hash, options: HostOptions) {
    this.hash = hash;
    this.options = options;
  }

  /**
   * Sends what the host has counted. Redis has it when this resolves.
   *
   * @returns rejects with a `RedisError`, and with the system's errors of keeping the state. Then all is as after a lost
   *   message: the next call goes on
   */
  async push(snapshot: Snapshot): Promise<void> {
    if (!(await this.prepare())) return;
    for (let round = 0; round < ROUNDS; round++) {
      const { certain } = this;
      const reply = await this.flush(snapshot);
      switch (reply.kind) {
        case 'OK':
          await this.acknowledged(snapshot, reply);
          return;
        case 'EPOCH':
          await this.enter(reply.epoch);
          break;
        case 'DEAD':
          await this.startAfter(unpacked(reply.tombstone));
          break;
        case 'GONE':
          warnOnce('MPMETRICS_ENGINE', GONE, this.inc);
          await this.save({ base: Buffer.alloc(0) });
          await this.startAfter(await Snapshot.sum([snapshot]));
          break;
        case 'BEHIND':
          this.behind = true;
          this.uncertain();
          await this.keep(await reconcile(this.hash, this.state, true, this.options.leaseMs));
          break;
        case 'OLD':
          this.state = { ...this.state, acked: reply.seq };
          this.uncertain();
          // A flush of an isolate that died, or one of this isolate whose reply was lost, is older than this one. But one
          // that another isolate has made since the last flush may be later.
          if (certain) throw contended('a flush');
      }
    }
    throw contended('a flush');
  }

  /**
   * Ends the incarnation, if this isolate flushed it last: its counts are folded, and its gauges are gone. The host's
   * next flush, if any, begins another incarnation.
   */
  async release(): Promise<void> {
    if (this.store === null || !this.certain) return;
    const { epoch, acked } = this.state;
    if ((await this.hash.release(epoch, this.inc, acked)) !== 'OK') return;
    this.uncertain();
    const tombstone = await this.folds.fold(this.inc);
    if (tombstone !== null) await this.startAfter(tombstone);
  }

  /** The host's present incarnation. */
  private get inc(): string {
    return incarnationOf(this.store!.origin, this.state.number);
  }

  private get folds(): Folds {
    return new Folds(this.hash, this.inc, {
      get: () => this.state,
      save: (changes) => this.save(changes),
      reconcile: async () => {
        await this.keep(await reconcile(this.hash, this.state, false, this.options.leaseMs));
      },
    });
  }

  /** Reads the state, unless it is known. Returns false if the host has another segment than at the last call. */
  private async prepare(): Promise<boolean> {
    const store = this.options.store();
    // Without a segment there is nothing to share.
    if (store === null) return false;
    const { store: before } = this;
    if (before === store) {
      // Another isolate has been elected meanwhile, if the state is not what this one left.
      const { number, epoch, acked } = await store.standing();
      const { state } = this;
      const same = state.number === number && state.epoch === epoch && state.acked === acked;
      if (same) return true;
    }
    this.store = store;
    this.state = await store.load();
    this.uncertain();
    this.behind = false;
    this.previous = null;
    if (this.state.acked > 0) await this.readPrevious();
    // A snapshot that was taken while the segments changed may be of the former one.
    return before === null || before === store;
  }

  /** Reads what the last elected isolate had sent, to find the series that were removed since. */
  private async readPrevious(): Promise<void> {
    const { incarnations } = await this.hash.read(this.inc, null, this.inc);
    const parcels = incarnations[0]?.parcels;
    if (parcels == null) return;
    const base = unpacked(this.state.base);
    this.previous = await Snapshot.sum([snapshotOf(parcels), base]);
  }

  private uncertain(): void {
    this.certain = false;
    this.sent.clear();
  }

  private async keep(state: HostState): Promise<void> {
    this.state = state;
    await this.store!.save(state);
  }

  private save(changes: Partial<HostState>): Promise<void> {
    return this.keep({ ...this.state, ...changes });
  }

  private async flush(snapshot: Snapshot): Promise<FlushReply> {
    const rest = await this.restOf(snapshot);
    const { epoch, acked, ackedAt } = this.state;
    // Families that lie in no shared memory are those of this isolate alone: the next elected one has others.
    const shared = rest.families.filter(({ rows }) => !rows);
    const families = new Map(shared.map((family) => [family.name, family]));
    const changed = [...families.values()].filter(
      ({ name, bytes }) => this.sent.get(name)?.bytes.equals(bytes) !== true,
    );
    const full = !this.certain;
    // Unless Redis answers, it is not known whether this flush counts.
    this.certain = false;
    const look = now() >= this.nextLook;
    const reply = await this.hash.flush({
      // No epoch is `-`, so a host that knows none is told the present one.
      epoch: epoch === '' ? '-' : epoch,
      inc: this.inc,
      first: acked === 0 || this.behind,
      // A flush that is sent again has the same number, so that of all that are under way one is stored.
      seq: acked + 1,
      acked: this.behind ? 0 : acked,
      ackedAt,
      leaseMs: this.options.leaseMs,
      instance: this.options.instance,
      ...{ full, look },
      changed: await parcelsOf(changed),
      removed: full ? [] : [...this.sent.keys()].filter((name) => !families.has(name)),
    });
    if (reply.kind === 'OK') {
      if (look) this.nextLook = now() + this.options.leaseMs / LOOKS;
      this.sent = families;
      this.certain = true;
    }
    return reply;
  }

  /** Returns what the present incarnation has counted. */
  private async restOf(snapshot: Snapshot): Promise<Snapshot> {
    if (this.state.base.length === 0) return snapshot;
    if (this.base.kept !== this.state.base) {
      const snapshot = await unpacked(this.state.base).unpacked();
      this.base = { kept: this.state.base, snapshot };
    }
    const { rest, base } = await snapshot.minus(this.base.snapshot);
    // A series that was removed and made again is not in the base any more. The state says so before Redis has the new
    // series: the next elected isolate would not know that it is new.
    if (!base.bytes.equals(this.base.snapshot.bytes)) {
      const kept = await packed(base);
      await this.save({ base: kept });
      this.base = { kept, snapshot: base };
    }
    return rest;
  }

  private async acknowledged(
    snapshot: Snapshot,
    { version, now: ackedAt, past }: FlushReply & { kind: 'OK' },
  ): Promise<void> {
    this.behind = false;
    await this.save({ acked: this.state.acked + 1, ackedAt });
    const { copy, pending } = this.state;
    if (version !== copy.version || pending !== null) await this.folds.reconcile();
    const { previous } = this;
    this.previous = snapshot;
    if (previous !== null && this.state.copy.folded.length > 0) {
      await this.folds.remove(await previous.missingIn(snapshot));
    }
    for (const inc of past) if (inc !== this.inc) await this.folds.fold(inc);
  }

  /** Begins in another epoch: in a new one if Redis has none, because it is new or lost its data. */
  private async enter(found: string): Promise<void> {
    const { hash, state } = this;
    const { leaseMs } = this.options;
    const epoch =
      found === '' ? await hash.init(randomBytes(8).toString('hex'), 2 * leaseMs) : found;
    this.uncertain();
    this.behind = false;
    const lost = state.epoch !== '';
    const entered = { ...state, epoch, acked: 0, ackedAt: 0 };
    // Saved only when all is restored: an isolate that goes on in the middle has to know that Redis lost its data.
    await this.keep(await reconcile(hash, entered, lost, leaseMs));
  }

  /** Begins another incarnation, because this one was folded. */
  private async startAfter(tombstone: Snapshot): Promise<void> {
    const base = await Snapshot.sum([unpacked(this.state.base), tombstone]);
    this.uncertain();
    const { number } = this.state;
    await this.save({ number: number + 1, acked: 0, ackedAt: 0, base: await packed(base) });
  }
}

const GONE =
  'Redis took this host for dead more than a day ago: what it has counted since then, until now, is missing in the ' +
  "hosts' metrics";
