/**
 * Heap storage: the segment that this isolate writes to, its views, and what has to wait because
 * another process holds the heap's lock.
 */

import { threadId } from 'worker_threads';

import { codeOf, messageOf, MpmetricsError, warnOnce } from '../errors';
import {
  Status,
  statusOf,
  Stores,
  type Bytes,
  type Refusal,
  type Layout,
  type HeapStats,
  type NativeHeap,
  type NativeWriter,
} from '../native';
import { Backlog } from './backlog';
import { warnOfDamage } from './damage';
import { Doorbell, type Collect, type Ring } from './doorbell';
import { NOTHING_ASKED, type Asked, type Kind } from './family';
import { now, ordered } from './guarded';
import type { HeapFamily } from './heap-family';
import type { Defaults, HeapSource } from './heap-source';
import { Keeping } from './keeping';
import { memoryLimits, warnOfRefusal, type Limits } from './limits';
import { NativePath } from './native-path';
import { KEPT, octaveBounds } from './octave';
import type { Path } from './path';
import { Scrapes, type Timeless } from './scrapes';
import type { Series } from './series';
import { Left, Watch, warnOfRemoval, type Views } from './succession';
import { SharedPath } from './shared-path';
import { Untold } from './untold';
import { unref } from '../timers';

/** Milliseconds after which the heap is asked again about series that it refused, if nobody scrapes. */
const RETRY_DELAY = 10_000;

/** Errors of attaching that the state of the heap explains. */
const STATUS: ReadonlyMap<string, Status> = new Map([
  ['ERR_MPMETRICS_BUSY', Status.Busy],
  ['ERR_MPMETRICS_FULL', Status.Full],
  ['ERR_MPMETRICS_LIMIT', Status.Limit],
  ['ERR_MPMETRICS_LOST', Status.Lost],
  ['ERR_MPMETRICS_RETIRED', Status.Lost],
]);

/** What a scrape shows, without its format. */
export type Selection = Omit<Timeless, 'format' | 'plain'> & { plain?: boolean };

/** How a scrape is printed. */
export type Format = Timeless['format'];

/** The memory of one slab, as cells and as 32-bit words. */
interface Slab {
  f: Float64Array;
  u: Uint32Array;
}

export class HeapStorage {
  /** Everything that this isolate declared in the heap. */
  readonly families = new Set<HeapFamily>();
  private readonly source: HeapSource;
  private heap: NativeHeap | null = null;
  private current: NativeWriter | null = null;
  /** Which stores do for cells of the heap: found out once, when it is opened. */
  stores: Stores = Stores.Native;
  /** The native ways of the current writer: for cells that keep their time, and for others. */
  private timed: NativePath | null = null;
  private untimed: NativePath | null = null;
  /** The way of cells that all processes share. */
  private shared: SharedPath | null = null;
  private layout: Layout | null = null;
  private bounds: Limits = memoryLimits();
  private slabs = new Map<number, Slab>();
  private chunks = new Map<number, Uint32Array>();
  /** Segments that were left for copies, as long as writers are awaited from there. */
  private readonly left = new Left();
  private readonly watch = new Watch(() => this.look());
  /** Grows when this isolate gets another slot: numbers of blocks and families mean nothing then. */
  life = 0;
  private readonly defaults = new Map<number, Defaults>();
  private readonly backlog: Backlog;
  private scrapes: Scrapes | null = null;
  private readonly doorbell: Doorbell;
  /** What is reset while scrapes go on. */
  readonly keeping: Keeping;
  private dead = false;
  private readonly untold = new Untold((tell) => {
    if (this.dead || this.current === null) return false;
    this.attempt(() => {
      tell(this.writer);
      return Status.Ok;
    });
    return true;
  });
  private retrying = false;

  constructor(source: HeapSource) {
    this.source = source;
    const patience = (): number => source.collectTimeout();
    const isDead = (): boolean => this.dead;
    this.backlog = new Backlog({
      get dead() {
        return isDead();
      },
      attemptTwice: (call) => this.attemptTwice(call),
      waiting: () =>
        [...this.families]
          .filter((family) => family.waiting)
          .map((family) => () => (family.waiting ? family.settle() : Status.Ok)),
      left: () => [...this.families].reduce((sum, family) => sum + family.left, 0),
      abandon: () => {
        this.abandon();
      },
    });
    this.keeping = new Keeping(() => {
      this.backlog.settle();
    }, patience);
    this.doorbell = new Doorbell(() => this.callbacks(), patience, this.keeping);
  }

  /**
   * Makes sure that the current segment is open.
   *
   * @param create make it if it is not there
   * @returns false where there is none, or none is to be used
   */
  open(create: boolean): boolean {
    if (this.dead) return false;
    if (this.heap?.current === true) return true;
    const before = this.heap;
    try {
      const heap = this.source.openSegment({ create: create || this.families.size > 0 });
      if (heap === null) return before !== null;
      if (heap === before) return true;
      this.layout ??= checked(this.source.layout());
      const least = heap.views() ? this.layout.stores : Stores.Native;
      // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- one of both
      this.stores = Math.max(this.source.stores(), least);
      this.adopt(heap);
    } catch (error) {
      this.failed(messageOf(error));
      this.abandon();
      return false;
    }
    return true;
  }

  /** True if this isolate has a metric of that name under that tag in the heap. */
  has(tag: string, name: string): boolean {
    for (const family of this.families) {
      if (family.tag === tag && family.name === name) return true;
    }
    return false;
  }

  /** The segment's path, for messages. */
  get path(): string {
    return this.heap?.path ?? 'the segment';
  }

  /** How many threads of this process, but for this one, have metrics in the heap. */
  get siblings(): number {
    if (!this.open(false)) return 0;
    try {
      return this.heap!.siblings() - (this.current === null ? 0 : 1);
    } catch (error) {
      this.failed(messageOf(error));
      this.abandon();
      return 0;
    }
  }

  /** This isolate's writer. Throws what attaching throws. */
  get writer(): NativeWriter {
    if (this.current !== null) return this.current;
    // A slot is claimed under the heap's lock: what was refused a moment ago is not asked for again by the next series.
    const { backlog } = this;
    if (backlog.slotless && backlog.busy) {
      throw new MpmetricsError('ERR_MPMETRICS_BUSY', `${this.path} is busy`);
    }
    backlog.slotless = true;
    const writer = this.connect();
    backlog.slotless = false;
    for (const group of this.defaults.keys()) this.applyDefaults(group);
    return writer;
  }

  private connect(): NativeWriter {
    const writer = this.heap!.writer(threadId);
    this.current = writer;
    const lost = (): void => {
      this.renew();
    };
    this.shared = new SharedPath(writer, lost, () => 0);
    if (this.stores === Stores.Native) {
      this.timed = new NativePath(writer, lost, now);
      this.untimed = new NativePath(writer, lost, () => 0);
    }
    return writer;
  }

  /** Sets what a registry's default labels are from now on. */
  defaultLabels(group: number, defaults: Defaults): void {
    this.defaults.set(group, defaults);
    if (this.current !== null) this.applyDefaults(group);
  }

  /** How handles to cells of a kind are updated. */
  pathOf(kind: Kind): Path | null {
    if (kind.shared) return this.shared!;
    switch (this.stores) {
      case Stores.Plain:
        return kind.path;
      case Stores.Ordered:
        return kind.guarded ? ordered : kind.path;
      default:
        return kind.path === null ? this.untimed! : this.timed!;
    }
  }

  /** Views of a slab. */
  slab(n: number): Slab {
    let slab = this.slabs.get(n);
    if (slab === undefined) {
      const memory = this.writer.slab(n);
      slab = { f: new Float64Array(memory), u: new Uint32Array(memory) };
      this.slabs.set(n, slab);
    }
    return slab;
  }

  /** A view of a chunk of generation words. */
  chunk(n: number): Uint32Array {
    let chunk = this.chunks.get(n);
    if (chunk === undefined) {
      chunk = new Uint32Array(this.writer.generations(n));
      this.chunks.set(n, chunk);
    }
    return chunk;
  }

  /** Marks a block as not shown. */
  hide(h: Series): void {
    if (this.stores === Stores.Native) {
      this.writer.hide(h.slab, h.i, h.number, h.generation);
    } else {
      const { flagsBack, absent } = this.layout!;
      // Atomic, because no later store to the cells may overtake it.
      Atomics.or(this.slab(h.slab).u, 2 * h.i - flagsBack, absent);
    }
  }

  /** Counts an update that nobody will see. */
  dropped(refusal: Refusal): void {
    this.untold.dropped(refusal);
  }

  /** Counts observations that no quantile shows, for want of memory. */
  unranked(observations: number): void {
    this.untold.unranked(observations);
  }

  /** Counts observations that are in the nearest bucket, for want of octaves. */
  clamped(observations: number): void {
    this.untold.clamped(observations);
  }

  /** Figures of the segment; null where there is none. */
  figures(): HeapStats | null {
    if (this.dead || this.heap === null) return null;
    try {
      return this.heap.stats();
    } catch {
      // A scrape says what is wrong with it.
      return null;
    }
  }

  /** The limits of the segment. */
  get limits(): Limits {
    return this.bounds;
  }

  /** A metric in the heap has a `collect` callback: scrapes of other processes are to run it. */
  collects(): void {
    if (!this.dead && this.current !== null) this.doorbell.listen(this.heap!, this.current);
  }

  /** Asks other processes to run theirs; see {@link Doorbell.ring}. */
  ring(): Ring | undefined {
    return this.dead || this.heap === null ? undefined : this.doorbell.ring(this.heap);
  }

  /** A scrape begins; see {@link Family.ask}. Before it, {@link Keeping.ready} is to be waited for. */
  ask(others: boolean, all = false): Asked {
    if (this.dead || this.heap === null) return NOTHING_ASKED;
    const ring = others ? this.ring() : undefined;
    const scrape = this.keeping.begin();
    return {
      answers: () => {
        if (all && ring !== undefined) scrape.ran = ring.number;
        this.doorbell.catchUp();
        return ring?.answers;
      },
      over: () => {
        ring?.over();
        this.keeping.over(scrape);
      },
    };
  }

  private callbacks(): Collect[] {
    return Array.from(this.families, (family) => family.collect).filter((one) => one !== null);
  }

  /** One scrape of the heap, off the event loop; one that has not begun is shared. */
  scrape(format: Format, selection: Selection): Promise<string> {
    this.untold.tell();
    return this.scrapes!.text({ format, plain: false, ...selection });
  }

  /** {@link scrape}, as bytes. */
  scrapeBuffer(format: Format, selection: Selection): Promise<Bytes> {
    this.untold.tell();
    return this.scrapes!.bytes({ format, plain: false, ...selection });
  }

  /**
   * True while something waits for the heap's lock. Nothing new asks for the lock then: a process that
   * holds it and is stopped must hold up an event loop for one deadline now and then, not for one a series.
   */
  get busy(): boolean {
    return this.backlog.busy;
  }

  /** Does something now, or later if the heap is busy. */
  now(call: () => Status): void {
    this.backlog.now(call);
  }

  /** Sees to it that what waits is tried again. */
  later(): void {
    this.backlog.later();
  }

  /** Tries what waits. */
  readonly flush = (): void => {
    this.backlog.flush();
  };

  /** Does something, if need be in another slot than before. */
  private attemptTwice(call: () => Status): Status {
    const status = this.attempt(call);
    if (status !== Status.Lost) return status;
    this.renew();
    return this.attempt(call);
  }

  /** The writer's slot was lost: everything is bound again to a new one. */
  renew(): void {
    if (this.heap?.current === true) this.restart(false);
    else this.open(true);
  }

  /**
   * Runs native calls. An exception of theirs must not reach `inc()`: what the heap's state explains is
   * a status, anything else is as bad as a corrupt heap.
   */
  attempt(call: () => Status): Status {
    try {
      return call();
    } catch (error) {
      const status = STATUS.get(codeOf(error));
      if (status !== undefined) return status;
      this.failed(messageOf(error));
      return Status.Corrupt;
    }
  }

  /** Warns, once, that there is no room for what a metric needs; sees to it that the heap is asked again. */
  refused(refusal: Refusal, name: string): void {
    warnOfRefusal(refusal, this.path, name);
    if (this.retrying) return;
    this.retrying = true;
    const timer = setTimeout(() => {
      this.retrying = false;
      for (const family of this.families) family.retry();
    }, RETRY_DELAY);
    unref(timer);
  }

  /** Warns, once, that there is no room for a summary's buckets. */
  refusedBuckets(name: string): void {
    const rest = `their quantiles are those of what found room (the first was one of ${name})`;
    warnOnce('MPMETRICS_FULL', `${this.path} is full: summaries count on, but ${rest}`, 'buckets');
  }

  /** Notes that native code failed; {@link abandon} follows. */
  failed(reason: string): void {
    this.dead = true;
    warnOnce(
      'MPMETRICS_MEMORY',
      `the metrics of this process are kept in its own memory, not shared: ${reason}`,
    );
  }

  /** Leaves the heap for good: every metric goes on in memory storage. */
  abandon(): void {
    if (!this.dead) this.failed(`${this.path} contradicts itself; ${this.heap?.remedy ?? ''}`);
    this.keeping.drop();
    this.backlog.clear();
    this.doorbell.silence();
    for (const family of [...this.families]) family.leave();
    this.families.clear();
  }

  private applyDefaults(group: number): void {
    this.now(() => {
      const { text, types } = this.defaults.get(group)!;
      const status = statusOf(this.writer.defaultLabels(group, text, types));
      if (status === Status.Full || status === Status.Limit) {
        const code = status === Status.Full ? 'MPMETRICS_FULL' : 'MPMETRICS_LIMIT';
        warnOnce(
          code,
          `${this.path} has no room for default labels, which are not shown: ${text.slice(0, 80)}`,
        );
      }
      return status;
    });
  }

  private adopt(heap: NativeHeap): void {
    const before = this.heap;
    // What is kept back is of blocks here.
    if (before !== null) this.keeping.end();
    const status = before === null ? Status.Ok : statusOf(heap.follow(before));
    // Until then this isolate counts where it is; it looks again soon.
    if (status === Status.Busy) return;
    this.heap = heap;
    const { series = Infinity, familySeries = Infinity, labelBytes = Infinity } = heap.limits;
    this.bounds = { series, familySeries, labelBytes };
    this.scrapes = new Scrapes(heap, () => {
      warnOfDamage(heap);
    });
    this.watch.begin();
    if (before === null) return;
    if (status !== Status.Gone) warnOfRemoval(before.path, heap.path);
    if (status === Status.Ok) this.follow(before);
    else this.restart(status === Status.Gone);
  }

  /** Goes on in a copy of the segment, in which everything has the numbers that it had. */
  private follow(before: NativeHeap): void {
    this.left.add(before);
    this.doorbell.silence();
    const views: Views = { slabs: this.slabs, chunks: this.chunks };
    this.slabs = new Map();
    this.chunks = new Map();
    if (this.current === null) return;
    this.connect();
    for (const family of this.families) family.follow(views);
  }

  /** Looks whether the segment still has its file, and whether writers are still awaited from others; false while it is to look soon. */
  private look(): boolean {
    if (this.dead) return true;
    if (!this.open(false) || this.heap?.current !== true) return this.dead;
    this.left.settle(this.heap);
    return true;
  }

  private restart(carry: boolean): void {
    this.current = null;
    this.life++;
    this.keeping.drop();
    this.doorbell.silence();
    for (const family of this.families) family.orphan(carry);
    this.slabs.clear();
    this.chunks.clear();
    for (const family of this.families) family.declare();
    if ([...this.families].some((family) => family.waiting)) this.later();
  }
}

/** The layout, if it divides octaves as this code does: an observation would count in another bucket else. */
function checked(layout: Layout): Layout {
  const same = layout.octaveBounds.every((bound, number) => bound === octaveBounds[number]);
  if (!same || layout.octavesKept !== KEPT)
    throw new Error('the native module divides octaves otherwise than this code');
  return layout;
}
