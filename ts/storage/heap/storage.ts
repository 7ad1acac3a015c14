/**
 * Heap storage: opens the segment that this isolate writes to, and leaves it. Other files of this folder have the views
 * of the segment, update paths, the backlog, counts of dropped updates, and scrapes.
 */

import { threadId } from 'worker_threads';

import { messageOf, MpmetricsError, warnOnce } from '../../errors';
import { workerNumber } from '../../meeting';
import { Status, statusOf } from '../../native';
import type { HeapStats, NativeHeap, NativeWriter, Refusal } from '../../native';
import { unref } from '../../timers';
import type { Shape } from '../cells/kind';
import type { Collect } from '../collecting';
import { memoryLimits, warnOfRefusal, type Limits } from '../limits';
import { Backlog } from './backlog';
import { DefaultLabels } from './default-labels';
import { hideLost, stateOf } from './failures';
import { Keeping } from './keeping';
import type { Member } from './member';
import { Paths } from './paths';
import { Scrapes } from './scrapes';
import type { Defaults, HeapSource } from './source';
import { Left, Patience, Watch, warnOfRemoval } from './succession';
import { Tally } from './tally';
import { HeapViews } from './views';

/** Milliseconds after which the heap is asked again about series that it refused, if there is no scrape. */
const RETRY_DELAY = 10_000;

export class HeapStorage {
  /** The metrics that this isolate declared in the heap. */
  readonly families = new Set<Member>();
  /** Callbacks that scrapes of other processes run, besides those of {@link families}. */
  readonly collectors = new Set<Collect>();
  /** Grows when this isolate gets another slot, in which earlier numbers of blocks and families are not valid. */
  life = 0;
  readonly views = new HeapViews(() => this.writer);
  readonly paths = new Paths(this.views, () => this.writer);
  /** The calls that wait for the heap lock. */
  readonly backlog: Backlog;
  /** Counts that are still to be added to the heap's. */
  readonly tally: Tally;
  /** Keeps back resets while scrapes are under way. */
  readonly keeping: Keeping;
  readonly scrapes: Scrapes;
  private readonly source: HeapSource;
  private readonly defaults: DefaultLabels;
  heap: NativeHeap | null = null;
  private current: NativeWriter | null = null;
  private currentLimits: Limits = memoryLimits();
  /** The segments that this isolate left for copies, as long as other writers still have to follow from them. */
  private readonly left = new Left();
  private readonly watch = new Watch(() => this.look());
  private readonly patience = new Patience();
  private dead = false;
  private retrying = false;

  constructor(source: HeapSource) {
    this.source = source;
    const patience = (): number => source.collectTimeout();
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- for getters
    const storage = this;
    this.backlog = new Backlog({
      get dead() {
        return storage.dead;
      },
      attemptTwice: (call) => this.attemptTwice(call),
      waiting: () =>
        [...this.families]
          .filter((family) => family.waiting)
          .map((family) => () => (family.waiting ? family.moveIn() : Status.Ok)),
      left: () => [...this.families].reduce((sum, family) => sum + family.left, 0),
      abandon: () => {
        this.abandon();
      },
    });
    this.keeping = new Keeping((leaving) => {
      if (leaving) this.backlog.leave();
      else this.backlog.flushUnlessScheduled();
    }, patience);
    this.tally = new Tally((tell) => {
      if (this.dead || this.current === null) return false;
      this.attempt(() => {
        tell(this.writer);
        return Status.Ok;
      });
      return true;
    });
    const scraped = {
      get open() {
        return storage.dead ? null : storage.heap;
      },
      get attached() {
        return storage.current;
      },
      emptied: () => this.backlog.emptied(),
      callbacks: () =>
        [...Array.from(this.families, ({ roster }) => roster.collect), ...this.collectors].filter(
          (one) => one !== null,
        ),
    };
    this.scrapes = new Scrapes(scraped, this.tally, this.keeping, patience);
    this.defaults = new DefaultLabels({
      get path() {
        return storage.path;
      },
      get writer() {
        return storage.writer;
      },
      now: (call) => {
        this.backlog.now(call);
      },
    });
  }

  /**
   * Makes sure that the current segment is open.
   *
   * @param create whether to make the segment if there is none
   * @returns false if there is no segment, or if memory storage is used
   */
  open(create: boolean): boolean {
    if (this.dead) return false;
    if (this.heap?.current === true) return true;
    const before = this.heap;
    try {
      const heap = this.source.openSegment({ create: create || this.families.size > 0 });
      if (heap === null) return before !== null;
      // An isolate that has no segment yet takes even one whose file is gone. Without any segment, its metrics would
      // stay in its own memory for good.
      if (heap === before || (before !== null && !heap.current)) return true;
      this.paths.measure(this.source, heap);
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

  /** Makes scrapes of other processes run a callback. */
  collects(run: Collect): void {
    this.collectors.add(run);
    this.listen();
  }

  /** Listens for scrapes of other processes, if there are {@link collectors}. */
  private listen(): void {
    if (this.collectors.size === 0) return;
    this.backlog.now(() =>
      this.attempt(() => {
        // Attaches to the heap, if this isolate has made no metric yet.
        const { writer } = this;
        if (writer === this.current) this.scrapes.listen();
        return Status.Ok;
      }),
    );
  }

  /** The segment's path, for messages. */
  get path(): string {
    return this.heap?.path ?? 'the segment';
  }

  /** The limits of the segment. */
  get limits(): Limits {
    return this.currentLimits;
  }

  /** How many other threads of this process have metrics in the heap. */
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

  /** Takes the gauges of a dead process out of its slots, if the lock is free. Returns how many there were. */
  endLives(pid: number): number {
    let gauges = 0;
    if (!this.open(false) || this.heap === null) return gauges;
    const { heap } = this;
    const status = this.attempt(() => {
      gauges = heap.endLives(pid);
      return Status.Ok;
    });
    if (status === Status.Corrupt) this.abandon();
    return gauges;
  }

  /** Returns figures of the segment; null if there is none. */
  figures(): HeapStats | null {
    if (this.dead || this.heap === null) return null;
    try {
      return this.heap.stats();
    } catch {
      // A scrape reports what is wrong with the heap.
      return null;
    }
  }

  /** This isolate's writer; attaches to the heap first, if needed. Throws the errors of attaching. */
  get writer(): NativeWriter {
    if (this.current !== null) return this.current;
    // A slot is claimed under the heap lock. If that failed a moment ago, the next series does not try again.
    const { backlog } = this;
    if (backlog.slotless && backlog.busy) {
      throw new MpmetricsError('ERR_MPMETRICS_BUSY', `${this.path} is busy`);
    }
    backlog.slotless = true;
    const writer = this.connect();
    backlog.slotless = false;
    this.defaults.applyAll();
    return writer;
  }

  /** Sets the default labels of a registry. */
  defaultLabels(group: number, defaults: Defaults): void {
    this.defaults.set(group, defaults);
    if (this.current !== null) this.defaults.apply(group);
  }

  /** Tries the waiting calls. */
  flush(): void {
    this.backlog.flush();
  }

  /** Declares all metrics in a new slot, because the slot was lost. If the segment is being left, opens the next. */
  renew(): void {
    if (this.heap?.current === true) this.restart(false);
    else this.open(true);
  }

  /**
   * Runs native calls. Their exceptions must not reach `inc()`: an error that stands for a state of the heap becomes a
   * status, and any other error means a corrupt heap.
   */
  attempt(call: () => Status): Status {
    try {
      return call();
    } catch (error) {
      const status = stateOf(error);
      if (status !== undefined) return status;
      this.failed(messageOf(error));
      return Status.Corrupt;
    }
  }

  /** Makes a call. If the slot was lost, claims another one and makes the call again. */
  attemptTwice(call: () => Status): Status {
    const status = this.attempt(call);
    if (status !== Status.Lost) return status;
    this.renew();
    return this.attempt(call);
  }

  /** Warns, once, that there is no room for what a metric needs; makes sure that the heap is asked again later. */
  refused(refusal: Refusal, shape: Pick<Shape, 'name' | 'maxSeries' | 'overflows'>): void {
    warnOfRefusal(refusal, this.path, shape);
    if (this.retrying) return;
    this.retrying = true;
    const timer = setTimeout(() => {
      this.retrying = false;
      for (const { roster } of this.families) roster.retry();
    }, RETRY_DELAY);
    unref(timer);
  }

  /** Warns, once, that there is no room for a summary's buckets. */
  refusedBuckets(name: string): void {
    const rest = `their quantiles leave out what found no room (the first summary was ${name})`;
    warnOnce('MPMETRICS_FULL', `${this.path} is full: summaries count on, but ${rest}`, 'buckets');
  }

  /** Leaves the heap for good: moves every metric to memory storage. */
  abandon(): void {
    if (!this.dead) this.failed(`${this.path} contradicts itself; ${this.heap?.remedy ?? ''}`);
    this.keeping.drop();
    this.backlog.clear();
    this.scrapes.silence();
    for (const family of [...this.families]) family.leave();
    this.families.clear();
  }

  /** Notes that native code failed. {@link abandon} is called next. */
  private failed(reason: string): void {
    this.dead = true;
    warnOnce(
      'MPMETRICS_MEMORY',
      `the metrics of this process are kept in its own memory, not shared: ${reason}`,
    );
  }

  private connect(): NativeWriter {
    const writer = this.heap!.writer(threadId, workerNumber());
    this.current = writer;
    const lost = (): void => {
      // While the backlog waits and the segment is being left, each series would wait here for a lock that another
      // process holds. The backlog tries again later.
      if (!this.backlog.busy || !this.leaving) this.renew();
    };
    this.paths.connect(writer, lost, () => this.leave(lost));
    return writer;
  }

  /**
   * Looks for the copy of a segment that refuses updates of shared gauges. Returns true if the update is to be tried
   * again, because this isolate writes to the copy now, or because the copy may be found at the next try.
   */
  private leave(lost: () => void): boolean {
    if (this.dead) return false;
    const { life } = this;
    if (!this.leaving || this.patience.over) {
      lost();
      return false;
    }
    this.patience.spend(() => this.open(true) && !this.leaving);
    return !this.dead && this.life === life;
  }

  private adopt(heap: NativeHeap): void {
    const before = this.heap;
    // Changes that are kept back concern blocks of the old segment, so they are made before it is left.
    if (before !== null) this.keeping.end();
    const status = before === null ? Status.Ok : statusOf(heap.follow(before));
    // This isolate stays in the old segment, and checks again soon.
    if (status === Status.Busy) return;
    this.heap = heap;
    const { series = Infinity, familySeries = Infinity, labelBytes = Infinity } = heap.limits;
    this.currentLimits = { series, familySeries, labelBytes };
    this.scrapes.adopt(heap);
    this.watch.begin();
    this.patience.renew();
    if (before === null) return;
    if (status !== Status.Gone) warnOfRemoval(before.path, heap.path);
    if (status === Status.Ok) this.follow(before);
    else this.restart(status === Status.Gone);
  }

  /** Goes on in a copy of the segment, in which all numbers are the same. */
  private follow(before: NativeHeap): void {
    this.left.add(before);
    this.scrapes.silence();
    const views = this.views.renew();
    if (this.current === null) return;
    this.connect();
    for (const family of this.families) family.follow(views);
    this.listen();
    this.backlog.hurry();
  }

  /** True if the segment is to be left for another, which is not open yet. */
  get leaving(): boolean {
    return this.heap?.current === false;
  }

  /**
   * Checks whether the segment still has its file, and moves in counts from segments that were left. Returns false to
   * be called again soon.
   */
  private look(): boolean {
    if (this.dead) return true;
    if (!this.open(false) || this.heap?.current !== true) return this.dead;
    this.left.moveIn(this.heap);
    this.attempt(() => {
      this.current?.showLife();
      return Status.Ok;
    });
    return true;
  }

  private restart(carry: boolean): void {
    const left = carry ? this.current : null;
    if (!carry && this.heap !== null) hideLost(this.heap);
    this.current = null;
    this.life++;
    this.keeping.drop();
    this.scrapes.silence();
    for (const family of this.families) family.orphan(left);
    this.views.renew();
    for (const family of this.families) family.declare();
    this.listen();
    if ([...this.families].some((family) => family.waiting)) this.backlog.later();
  }
}
