/** A real heap whose writer a test can make busy, full or lost. */

import { loadBinding } from '../../ts/binding';
import { Out, Refusal, Status, type NativeHeap, type NativeWriter } from '../../ts/native';
import { HeapStorage, storesAsked } from '../../ts/storage';
import { newSegment } from './segments';

export class MoodyHeap {
  /** The status that calls of the writer return; with Ok they return that of the real heap. */
  mood: Status = Status.Ok;
  /** The error that attempts to attach throw, if any. */
  failure: Error | null = null;
  /** True makes the segment look as if it had been removed from its directory. */
  retired = false;
  /** Number of calls of `bind` and `bindEach`. */
  binds = 0;
  /** False makes the runtime look as if it copied external memory. */
  views = true;
  /** Number of native calls that update cells. */
  updates = 0;
  /** Number of writers that were made. */
  writers = 0;
  /** Number of octaves whose buckets were asked for one by one. */
  bucketCalls = 0;
  /** Number of calls of `bucketsEach` that went to the real writer unchanged. */
  turns = 0;
  /** Number of label values that the heap has returned. */
  valuesRead = 0;
  /** Number of calls of `expire`. */
  expiries = 0;
  /** True makes `expire` fail as if another process held the heap lock. */
  held = false;
  /** Number of observations that were reported as unranked, which means that no quantile shows them. */
  unranked = 0;
  /** Number of updates that were reported as dropped, or that this heap refused. */
  dropped = 0;
  /** Called after a real `bind` or `bindEach`. */
  onBind: ((writer: NativeWriter, out: Uint32Array) => void) | null = null;
  /** Called before the buckets of each octave are made. */
  onBuckets: (() => void) | null = null;
  readonly storage: HeapStorage;
  real: NativeHeap;
  private path = newSegment();

  constructor() {
    const binding = loadBinding()!;
    const open = () => binding.openHeap({ path: this.path, create: true })!;
    this.real = open();
    this.storage = new HeapStorage({
      layout: () => binding.layout(),
      stores: storesAsked,
      collectTimeout: () => 250,
      openSegment: () => {
        if (this.failure !== null) throw this.failure;
        if (this.retired) {
          this.retired = false;
          this.path = newSegment();
          this.real = open();
        }
        return this.heap();
      },
    });
  }

  /** A scrape of a registry's metrics in the heap, as any process would see it. */
  text(tag = 't'): Promise<string> {
    const what = { tags: [tag], families: [], plain: false, now: Date.now() };
    return this.real.scrapeString({ format: 'text', scope: 'application', ...what });
  }

  private heap(): NativeHeap {
    const { real } = this;
    const retired = () => this.retired;
    return {
      path: real.path,
      memoryBacked: real.memoryBacked,
      views: () => this.views && real.views(),
      passedOver: real.passedOver,
      damagedReads: real.damagedReads,
      remedy: real.remedy,
      limits: real.limits,
      get current() {
        return !retired() && real.current;
      },
      writer: (...of) => this.writer(real.writer(...of)),
      candidate: (name) => real.candidate(name),
      follow: () => Status.Gone,
      copyForDead: () => 0,
      scrapeString: (options) => real.scrapeString(options),
      scrapeBuffer: (options) => real.scrapeBuffer(options),
      stats: () => real.stats(),
      siblings: () => real.siblings(),
      endLives: (pid) => real.endLives(pid),
      hideLost: () => real.hideLost(),
      listen: (rung) => {
        real.listen(rung);
      },
      silence: () => {
        real.silence();
      },
      begin: () => real.begin(),
      answer: (bell) => {
        real.answer(bell);
      },
      ring: (milliseconds, done) => real.ring(milliseconds, done),
      over: (ring) => {
        real.over(ring);
      },
      asked: () => real.asked(),
      leave: () => {
        real.leave();
      },
      tidy: () => real.tidy(),
    };
  }

  private refuse(out: Uint32Array): void {
    out[Out.Status] = this.mood;
    out[Out.Refusal] = this.mood === Status.Full ? Refusal.Memory : Refusal.Series;
    // Counts the dropped update, as the real heap does when it refuses a series.
    if (this.mood === Status.Full || this.mood === Status.Limit) this.dropped++;
  }

  private writer(real: NativeWriter): NativeWriter {
    this.writers++;
    // Updates of cells succeed in a heap that is busy or full.
    const counted = (call: () => number): number => {
      this.updates++;
      return this.mood === Status.Lost ? this.mood : call();
    };
    const answer = (call: () => number): number => (this.mood === Status.Ok ? call() : this.mood);
    return {
      slot: real.slot,
      incarnation: real.incarnation,
      showLife: () => {
        real.showLife();
      },
      family: (spec, group) => (this.mood === Status.Ok ? real.family(spec, group) : -this.mood),
      limit: (...limit) => {
        real.limit(...limit);
      },
      labelValues: (...label) => {
        const found = real.labelValues(...label);
        this.valuesRead += found.values.length;
        return found;
      },
      withdraw: (family) => {
        real.withdraw(family);
      },
      bind: (family, labels, types, out) => {
        this.binds++;
        if (this.mood !== Status.Ok) {
          this.refuse(out);
          return;
        }
        real.bind(family, labels, types, out);
        this.onBind?.(real, out);
      },
      bindEach: (family, texts, out) => {
        this.binds++;
        if (this.mood !== Status.Ok) {
          this.refuse(out);
          return 1;
        }
        const tried = real.bindEach(family, texts, out);
        this.onBind?.(real, out);
        return tried;
      },
      revive: (...block) => answer(() => real.revive(...block)),
      release: (...block) => answer(() => real.release(...block)),
      expire: (...series) => {
        this.expiries++;
        if (this.held) return -Status.Busy;
        return this.mood === Status.Ok ? real.expire(...series) : -this.mood;
      },
      expired: (...series) => real.expired(...series),
      remove: (...series) => answer(() => real.remove(...series)),
      removeAll: (family) => answer(() => real.removeAll(family)),
      exemplar: (...given) => answer(() => real.exemplar(...given)),
      clearExemplars: (...block) => answer(() => real.clearExemplars(...block)),
      buckets: (slab, cell, series, generation, octave, out) => {
        this.bucketCalls++;
        this.onBuckets?.();
        if (this.mood === Status.Ok) real.buckets(slab, cell, series, generation, octave, out);
        else out[0] = this.mood;
      },
      bucketsEach: (asked, out) => {
        if (this.onBuckets === null && this.mood === Status.Ok) {
          this.turns++;
          return real.bucketsEach(asked, out);
        }
        // Asks for the octaves one by one, so that `onBuckets` can change the mood in between.
        for (let k = 0; 5 * k < asked.length; k++) {
          this.bucketCalls++;
          this.onBuckets?.();
          const one = out.subarray(3 * k, 3 * k + 3);
          if (this.mood === Status.Ok) real.bucketsEach(asked.subarray(5 * k, 5 * k + 5), one);
          else one[0] = this.mood;
          if (one[0] === Status.Corrupt) return k + 1;
        }
        return asked.length / 5;
      },
      allBuckets: (...block) => real.allBuckets(...block),
      countUnranked: (count) => {
        this.unranked += count;
        real.countUnranked(count);
      },
      countClamped: (count) => {
        real.countClamped(count);
      },
      countDropped: (refusal, count) => {
        this.dropped += count;
        real.countDropped(refusal, count);
      },
      defaultLabels: (...labels) => answer(() => real.defaultLabels(...labels)),
      add: (...update) => counted(() => real.add(...update)),
      set: (...update) => counted(() => real.set(...update)),
      observe: (...update) => counted(() => real.observe(...update)),
      summarise: (...update) => counted(() => real.summarise(...update)),
      takeShared: (family) => real.takeShared(family),
      read: (...block) => real.read(...block),
      write: (...cells) => real.write(...cells),
      hide: (...block) => real.hide(...block),
      holds: (...block) => real.holds(...block),
      slab: (n) => real.slab(n),
      generations: (n) => real.generations(n),
    };
  }
}
