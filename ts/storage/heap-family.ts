/** The series of one metric in the shared heap. */

import type { LabelText } from '../labels';
import { Refusal, Status, statusOf, type NativeWriter, type Scope } from '../native';
import { merge } from './cells';
import { Declaration, owns } from './declaration';
import type { Collect } from './doorbell';
import type { Exemplar } from './exemplars';
import { rescueExpired } from './expiry';
import type { Asked, Family, FamilyData, Shape } from './family';
import type { HeapStorage } from './heap';
import { HeapChunks } from './heap-chunks';
import { HeapExemplars } from './heap-exemplars';
import { concernsAll } from './limits';
import { MemoryFamily } from './memory';
import { parseFamilies } from './native-json';
import type { Roster } from './roster';
import { Place, type Series } from './series';
import type { Chunk } from './sketch';
import { SharedPath } from './shared-path';
import { repoint, type Views } from './succession';

/** Most series of a metric that wait for the heap's lock. */
const MOST_PENDING = 10_000;

export class HeapFamily implements Family {
  readonly shared = true;
  readonly tag: string;
  private readonly host: HeapStorage;
  private readonly roster: Roster;
  private readonly shape: Shape;
  private readonly cells: number;
  private readonly declaration: Declaration;
  /** Handles that count in cells of their own until the heap has time. */
  private readonly pending = new Map<Series, LabelText>();
  /** The same until a scrape has read, behind what is kept back for it. */
  private readonly behind = new Map<Series, LabelText>();
  /** Handles of {@link pending} that are to be reset when a scrape has read. */
  private readonly shown = new Set<Series>();
  private readonly exemplars: HeapExemplars;
  private readonly chunks: HeapChunks;

  /**
   * @param group number of the registry in this isolate, for default labels
   * @param roster the metric's handles: to be found when the writer is lost
   */
  constructor(host: HeapStorage, tag: string, group: number, roster: Roster) {
    this.host = host;
    this.tag = tag;
    this.roster = roster;
    this.shape = roster.shape;
    this.cells = this.shape.kind.cells(this.shape.bounds);
    this.chunks = new HeapChunks(host, this.shape);
    this.exemplars = new HeapExemplars(host);
    this.declaration = new Declaration(host, tag, group, roster, this.chunks);
  }

  /** What tells it apart from others. */
  private get key(): string {
    return `${this.tag}\0${this.name}`;
  }

  /** The metric's name. */
  get name(): string {
    return this.shape.name;
  }

  /** The metric's callback. */
  get collect(): Collect | null {
    return this.roster.collect;
  }

  collects(): void {
    if (this.declaration.number !== null) this.host.collects();
  }

  ready(): Promise<void> | undefined {
    return this.host.keeping.ready();
  }

  ask(others: boolean, all = false): Asked {
    return this.host.ask(others, all);
  }

  /** Declares the family, so that it is shown even without series. */
  declare(): Status {
    return this.host.attempt(() => this.declaration.declared());
  }

  bind(h: Series, label: LabelText): boolean {
    rescueExpired();
    if (h.live) return true;
    if (this.keeps) return this.wait(h, label, this.behind);
    let status = this.host.attempt(() => this.declaration.place(h, label));
    if (status === Status.Lost) {
      this.host.renew();
      status = this.host.attempt(() => this.declaration.place(h, label));
    }
    switch (status) {
      case Status.Ok:
        return true;
      case Status.Full:
      case Status.Limit:
        this.host.refused(this.declaration.refusal, this.shape.name);
        return false;
      case Status.Corrupt:
        // By now the roster counts in memory storage.
        this.host.abandon();
        return this.roster.family.bind(h, label);
      default:
        if (!this.wait(h, label, this.pending)) return false;
        this.host.later();
        return true;
    }
  }

  /** Lets a series count in cells of its own until it can move into the heap. */
  private wait(h: Series, label: LabelText, where: Map<Series, LabelText>): boolean {
    const size = this.pending.size + this.behind.size;
    // Those of the same label sets were there before a scrape had to be waited for.
    if (size >= MOST_PENDING + this.host.keeping.of(this.key)) return this.refuse(Refusal.Busy);
    this.hold(h, label, this.shape.kind.blank(this.cells), where);
    return true;
  }

  /** Whether changes of the family are kept back until a scrape has read. */
  get keeps(): boolean {
    return this.host.keeping.of(this.key) > 0;
  }

  /** Whether a change that the family makes now is to be kept back. */
  private get keepsBack(): boolean {
    return this.host.keeping.on && this.roster.running === 0;
  }

  private keepBack(change: () => void): void {
    this.host.keeping.keep(this.key, change);
  }

  get labelBytes(): number {
    return this.host.limits.labelBytes;
  }

  tooLong(): void {
    this.refuse(Refusal.LabelValue);
  }

  get full(): boolean {
    return this.declaration.number === null || concernsAll(this.declaration.refusal);
  }

  /** Lets the heap be asked again about series that it refused. */
  retry(): void {
    this.roster.retry();
  }

  remove(label: LabelText, h: Series | undefined, everywhere: boolean): void {
    const { kind } = this.shape;
    if (!everywhere && !kind.adds && !kind.shared) {
      if (h !== undefined) this.release(h);
      return;
    }
    const { text, types } = label;
    if (h !== undefined) this.reset(h, true);
    this.everywhere((writer, number) => writer.remove(number, text, types));
  }

  removeAll(): void {
    this.everywhere((writer, number) => writer.removeAll(number));
  }

  /** Removes something for all processes, now or when it can be done. */
  private everywhere(call: (writer: NativeWriter, number: number) => number): void {
    const { number } = this.declaration;
    if (this.keepsBack && number !== null) {
      this.keepBack(() => {
        this.withSameWriter((writer) => statusOf(call(writer, number)));
      });
      return;
    }
    this.host.now(() =>
      this.host.attempt(() => {
        const status = this.declaration.declared();
        if (status !== Status.Ok) return status;
        return statusOf(call(this.host.writer, this.declaration.number!));
      }),
    );
  }

  expire(label: LabelText, h: Series | undefined): boolean {
    if (!this.shape.kind.adds) {
      if (h !== undefined) this.release(h);
      return true;
    }
    // Not postponed: by then the series may be in use again.
    if (this.host.busy || this.declaration.number === null) return false;
    const number = this.declaration.number;
    const status = this.host.attempt(() =>
      statusOf(this.host.writer.expire(number, label.text, label.types)),
    );
    return status === Status.Ok;
  }

  rescue(h: Series, known: Float64Array): void {
    const { text, types } = h;
    const { kind } = this.shape;
    const counted = h.read(kind);
    kind.minus(counted, known, this.cells);
    if (kind.isZero(counted)) return;
    this.host.attempt(() => {
      if (this.host.writer.expired(h.number, h.generation)) {
        this.postpone(h, { text, types }, counted);
      }
      return Status.Ok;
    });
  }

  cut(): void {
    // Also where nothing is shown: the scrape would show what is counted next, and the next scrape again.
    if (this.keepsBack) this.keepBack(() => undefined);
  }

  reset(h: Series, hide: boolean): void {
    const { kind } = this.shape;
    const zero = kind.blank(this.cells);
    const label = { text: h.text, types: h.types };
    if (h.place === Place.Pending) {
      if (this.pending.has(h) && !this.shown.has(h) && this.keepsBack) {
        // It may move into the heap before the scrape reads.
        const cells = h.handOver();
        this.pending.delete(h);
        this.pending.set(cells, label);
        for (const exemplar of this.exemplars.waiting.take(h)) this.exemplify(cells, exemplar);
        this.shown.add(cells);
        this.keepBack(() => {
          this.reset(cells, hide);
          this.shown.delete(cells);
        });
        if (!hide) this.hold(h, label, zero, this.behind);
        return;
      }
      h.write(kind, zero, this);
      this.exemplars.waiting.take(h);
      if (hide) this.forget(h);
    } else if (!kind.shared && owns(h)) {
      if (!h.hidden && this.keepsBack) {
        const block = h.handOver();
        this.keepBack(() => {
          this.reset(block, hide);
        });
        if (!hide) this.hold(h, label, zero, this.behind);
        return;
      }
      if (h.base !== null) {
        // What a dead process counted is not ours to take back.
        h.write(kind, h.base, this);
        return;
      }
      if (hide) {
        this.host.hide(h);
        h.hide();
      }
      h.write(kind, zero, this);
      if (this.exemplars.any && !hide) {
        const { slab, i, number, generation } = h;
        this.withSameWriter((writer) => {
          const status = statusOf(writer.clearExemplars(slab, i, number, generation));
          return status === Status.Gone ? Status.Ok : status;
        });
      }
    }
  }

  exemplify(h: Series, exemplar: Exemplar): void {
    this.exemplars.exemplify(h, exemplar);
  }

  release(h: Series): void {
    if (h.place === Place.Pending) {
      this.forget(h);
      return;
    }
    if (!this.shape.kind.shared && owns(h)) {
      if (!h.hidden && this.keepsBack) {
        const block = h.handOver();
        this.keepBack(() => {
          this.release(block);
        });
        return;
      }
      const { slab, i, number, generation } = h;
      if (h.base !== null) h.write(this.shape.kind, h.base, this);
      else {
        this.host.hide(h);
        // Before the call: if that finds the slot lost, what is live moves to another.
        h.detach();
        this.withSameWriter((writer) => statusOf(writer.release(slab, i, number, generation)));
      }
    }
    h.detach();
  }

  stale(h: Series): boolean {
    return h.place === Place.Heap && !owns(h);
  }

  dropped(): void {
    this.host.dropped(this.declaration.refusal);
  }

  chunk(h: Series, octave: number): Chunk | null {
    return this.chunks.chunk(h, octave);
  }

  unranked(observations: number): void {
    this.host.unranked(observations);
  }

  clamped(observations: number): void {
    this.host.clamped(observations);
  }

  async read(scope: Scope): Promise<FamilyData> {
    const { name, help, kind, aggregator, exemplars } = this.shape;
    const families = await this.host.scrape('json', {
      scope,
      tags: [],
      families: [this.key],
      plain: true,
    });
    const found = parseFamilies(families).find(({ type }) => type === kind.type);
    if (found !== undefined) return { ...found, exemplars };
    const bounds = kind.shown(this.shape.bounds);
    return { name, help, type: kind.type, aggregator, bounds, series: [] };
  }

  close(): void {
    const number = this.declaration.number;
    this.declaration.number = null;
    this.host.families.delete(this);
    if (number === null) return;
    const withdraw = (): void => {
      this.withSameWriter((writer) => {
        writer.withdraw(number);
        return Status.Ok;
      });
    };
    if (this.keepsBack) this.keepBack(withdraw);
    else withdraw();
  }

  /**
   * The writer is gone, and its blocks belong to whoever adopts its slot: counts stay there, and
   * go on from zero in new blocks. A gauge belongs to the life that set it, and comes along.
   *
   * @param carry the whole segment is gone, so everything comes along
   */
  orphan(carry: boolean): void {
    this.declaration.number = null;
    const { kind } = this.shape;
    if (!carry) this.chunks.orphan();
    for (const h of this.shown) this.pending.delete(h);
    this.shown.clear();
    for (const h of this.roster.handles()) {
      if (h.place !== Place.Heap) continue;
      // A value that all share stays where it is, as counts do.
      if (h.live && (carry || !(kind.adds || kind.shared))) {
        this.postpone(h, { text: h.text, types: h.types }, h.own(kind));
      } else {
        h.detach();
      }
    }
  }

  /** The writer went on in a copy of the segment: handles are pointed to the same places in it. */
  follow(before: Views): void {
    const { host, roster, shape } = this;
    for (const h of roster.handles()) repoint(h, host.pathOf(shape.kind), before, host);
    if (this.collect !== null && this.declaration.number !== null) host.collects();
  }

  /** Moves what waits into the heap. Stops at the first that has to go on waiting. */
  settle(): Status {
    const status = this.declare();
    if (status !== Status.Ok) return status;
    if (!this.keeps) {
      for (const [h, label] of this.behind) this.pending.set(h, label);
      this.behind.clear();
    }
    rescueExpired();
    const { kind } = this.shape;
    for (const [h, label] of this.pending) {
      const own = h.read(kind);
      const moved = this.host.attempt(() => this.declaration.place(h, label));
      if (moved === Status.Ok) {
        const { path } = h;
        merge(kind, h, own, this);
        if (!h.live || (path instanceof SharedPath && !path.written)) {
          // Gone while room was made for its buckets, or the segment is.
          this.keep(h, own);
          return Status.Busy;
        }
        for (const exemplar of this.exemplars.waiting.take(h)) this.exemplify(h, exemplar);
      } else if (moved === Status.Full || moved === Status.Limit) {
        this.host.refused(this.declaration.refusal, this.shape.name);
      } else {
        this.keep(h, own);
        return moved;
      }
      this.pending.delete(h);
    }
    return this.chunks.settle((h) => owns(h));
  }

  /** True while something waits to move into the heap. */
  get waiting(): boolean {
    return this.left > 0 || (this.behind.size > 0 && !this.keeps);
  }

  /** How much that is: handles, buckets of summaries, and the family itself. */
  get left(): number {
    return this.pending.size + this.chunks.left + (this.declaration.number === null ? 1 : 0);
  }

  /** Leaves the heap for memory storage: its bytes cannot be trusted. */
  leave(): void {
    this.declaration.number = null;
    this.roster.move(new MemoryFamily(this.shape));
  }

  private postpone(h: Series, label: LabelText, image: Float64Array): void {
    this.hold(h, label, image, this.pending);
    this.host.later();
  }

  private hold(
    h: Series,
    label: LabelText,
    image: Float64Array,
    where: Map<Series, LabelText>,
  ): void {
    this.keep(h, image);
    h.text = label.text;
    h.types = label.types;
    where.set(h, label);
  }

  private refuse(refusal: Refusal): false {
    this.declaration.refusal = refusal;
    this.dropped();
    this.host.refused(refusal, this.shape.name);
    return false;
  }

  /** Lets a handle count in cells of its own, from an image on. */
  private keep(h: Series, image: Float64Array): void {
    const { kind } = this.shape;
    h.keep(kind.blank(this.cells), Place.Pending, kind.path);
    h.write(kind, image, this);
  }

  private forget(h: Series): void {
    this.pending.delete(h);
    this.behind.delete(h);
    this.exemplars.waiting.take(h);
    h.detach();
  }

  /** Numbers of slabs and families mean nothing to a writer that took this one's place meanwhile. */
  private withSameWriter(call: (writer: NativeWriter) => Status): void {
    const { life } = this.host;
    this.host.now(() =>
      this.host.life === life ? this.host.attempt(() => call(this.host.writer)) : Status.Ok,
    );
  }
}
