/** A real heap whose writer can be told to be busy, full or lost. */

import { loadBinding } from '../../ts/binding';
import { Out, Refusal, Status, type NativeHeap, type NativeWriter } from '../../ts/native';
import { HeapStorage, storesAsked } from '../../ts/storage';
import { newSegment } from './subject';

export class MoodyHeap {
  /** What the writer answers to everything that has a status; Ok for the real answer. */
  mood: Status = Status.Ok;
  /** What the next attempt to attach throws. */
  failure: Error | null = null;
  /** True if the segment is to look as if it had been removed from its directory. */
  retired = false;
  /** Calls of `bind`. */
  binds = 0;
  /** False if the runtime is to look as if it copied external memory. */
  views = true;
  /** Native calls that updated cells. */
  updates = 0;
  /** Writers that were handed out. */
  writers = 0;
  /** Calls of `buckets`. */
  bucketCalls = 0;
  /** Calls of `bucketsEach` that were passed on as they were. */
  turns = 0;
  /** Calls of `expire`; and whether another holds the lock at each. */
  expiries = 0;
  held = false;
  /** Sum of what was reported to be in no quantile. */
  unranked = 0;
  /** Sum of what was reported as dropped. */
  dropped = 0;
  /** Called after a real `bind`. */
  onBind: ((writer: NativeWriter, out: Uint32Array) => void) | null = null;
  /** Called at each `buckets`, before anything else. */
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

  /** All that is in the heap, as any process would see it. */
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
      writer: (thread) => this.writer(real.writer(thread)),
      follow: () => Status.Gone,
      copyForDead: () => 0,
      scrapeString: (options) => real.scrapeString(options),
      scrapeBuffer: (options) => real.scrapeBuffer(options),
      stats: () => real.stats(),
      siblings: () => real.siblings(),
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
    // The real one counts what it refuses itself.
    if (this.mood === Status.Full || this.mood === Status.Limit) this.dropped++;
  }

  private writer(real: NativeWriter): NativeWriter {
    this.writers++;
    // A heap that is busy or full holds up no update.
    const counted = (call: () => number): number => {
      this.updates++;
      return this.mood === Status.Lost ? this.mood : call();
    };
    const answer = (call: () => number): number => (this.mood === Status.Ok ? call() : this.mood);
    return {
      slot: real.slot,
      incarnation: real.incarnation,
      family: (spec, group) => (this.mood === Status.Ok ? real.family(spec, group) : -this.mood),
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
        // One by one, for the mood to change in between.
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
