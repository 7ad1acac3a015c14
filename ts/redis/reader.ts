/** What all hosts have counted, as Redis has it: any isolate reads it. */

import { Unavailable } from '../errors';
import { Snapshot } from '../snapshot';
import type { Cut, Hash, Incarnation } from './hash';
import { snapshotOf, unpacked } from './parcel';
import { NEW, type Standing, type StateStore } from './state';
import { incarnationOf, numberOf } from './version';

/** What this isolate has read, to notice if Redis goes back to an earlier state. */
interface Seen {
  readonly epoch: string;
  readonly until: number;
  readonly version: string;
  readonly seqs: ReadonlyMap<string, number>;
}

/** Snapshots by incarnation, with the sequence number of each, so that what has not changed is not read again. */
type Cache = Map<string, { readonly seq: number; readonly snapshot: Snapshot }>;

/** What a {@link Reader} needs to know. */
export interface ReaderOptions {
  readonly leaseMs: number;
  /** Null if this isolate has no segment. */
  store(): StateStore | null;
}

export class Reader {
  private readonly hash: Hash;
  private readonly options: ReaderOptions;
  private seen: Seen | null = null;
  private cache: Cache = new Map();
  private folded = { version: '-', snapshot: Snapshot.empty };
  private reading: Promise<Snapshot> | null = null;
  private next: Promise<Snapshot> | null = null;

  constructor(hash: Hash, options: ReaderOptions) {
    this.hash = hash;
    this.options = options;
  }

  /**
   * Returns what all hosts have counted until their last flushes. Calls that come while one is under way share the next.
   *
   * @returns rejects with `Unavailable` if Redis does not have all hosts' metrics yet, or not any more; with a
   *   `RedisError` if it cannot be read
   */
  read(): Promise<Snapshot> {
    if (this.reading === null) {
      this.reading = this.readOnce().finally(() => (this.reading = null));
      return this.reading;
    }
    const then = (): Promise<Snapshot> => {
      this.next = null;
      return this.read();
    };
    return (this.next ??= this.reading.then(then, then));
  }

  private async readOnce(): Promise<Snapshot> {
    const store = this.options.store();
    // Read first: what the host's flusher saves from now on may not be in the cut.
    const standing = (await store?.standing()) ?? NEW;
    const own = store === null ? '' : incarnationOf(store.origin, standing.number);
    const seqs = new Map([...this.cache].map(([inc, { seq }]) => [inc, seq]));
    const known = { version: this.folded.version, seqs };
    let cut = await this.hash.read(own, this.seen === null ? null : known);
    // Another epoch has other sequence numbers: what is known says nothing of them.
    if (this.seen !== null && this.seen.epoch !== cut.epoch) cut = await this.hash.read(own, null);
    this.checkComplete(cut);
    if (hasGoneBack(cut, own, standing) || this.isBeforeSeen(cut)) {
      await this.hash.doubt(cut.epoch, this.options.leaseMs);
      throw incomplete('Redis went back to an earlier state', this.options.leaseMs);
    }
    const snapshot = await this.joined(cut);
    this.seen = {
      ...{ epoch: cut.epoch, until: cut.until, version: cut.version },
      seqs: new Map(cut.incarnations.map(({ inc, seq }) => [inc, seq])),
    };
    return snapshot;
  }

  private checkComplete({ epoch, until, now }: Cut): void {
    if (epoch === '') throw incomplete('Redis has no metrics yet', this.options.leaseMs);
    if (now < until) throw incomplete('not every host has sent its metrics yet', until - now);
  }

  /** Whether a cut is from before one that this isolate has read. After `until`, all hosts have sent all again. */
  private isBeforeSeen({ epoch, until, version, incarnations }: Cut): boolean {
    const { seen } = this;
    if (seen?.epoch !== epoch || seen.until !== until) return false;
    if (numberOf(version) < numberOf(seen.version)) return true;
    const seqs = new Map(incarnations.map(({ inc, seq }) => [inc, seq]));
    const unchanged = version === seen.version;
    // If the version has changed, incarnations that are gone were folded.
    return [...seen.seqs].some(([inc, seq]) => (seqs.get(inc) ?? (unchanged ? 0 : seq)) < seq);
  }

  private async joined(cut: Cut): Promise<Snapshot> {
    const cache: Cache = new Map();
    for (const { inc, seq, parcels } of cut.incarnations) {
      const known = this.cache.get(inc);
      const snapshot = parcels === null ? known!.snapshot : snapshotOf(parcels);
      cache.set(inc, { seq, snapshot });
    }
    this.cache = cache;
    if (cut.folded !== null) {
      this.folded = { version: cut.version, snapshot: unpacked(cut.folded) };
    }
    const lives = ({ lease }: Incarnation): boolean => Number(lease) > cut.now;
    const of = ({ inc }: Incarnation): Snapshot => cache.get(inc)!.snapshot;
    const living = cut.incarnations.filter(lives);
    const past = cut.incarnations.filter((one) => !lives(one));
    const rest = await Snapshot.sum([this.folded.snapshot, ...past.map(of)]);
    const instances = [...living.map(({ instance }) => instance), ''];
    return Snapshot.join([...living.map(of), rest], { instances });
  }
}

/** Whether Redis lacks what it has acknowledged to this host. */
function hasGoneBack({ epoch, incarnations, dead }: Cut, own: string, standing: Standing): boolean {
  if (standing.epoch !== epoch || standing.acked === 0 || dead) return false;
  const present = incarnations.find(({ inc }) => inc === own);
  return (present?.seq ?? 0) < standing.acked;
}

function incomplete(why: string, ms: number): Unavailable {
  return new Unavailable(`the hosts' metrics are incomplete: ${why}`, Math.ceil(ms / 1000));
}
