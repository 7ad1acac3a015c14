/** The series of one metric in the heap. */

import { TOO_LONG, type LabelText } from '../../labels';
import { Refusal, Status, type NativeWriter, type Scope } from '../../native';
import { ownImage, readImage } from '../cells/image';
import { Backing, type Handle } from '../cells/handle';
import type { Exemplar, FamilyData } from '../data';
import { rescueExpired } from '../expiry';
import type { Family } from '../family';
import { concernsAll } from '../limits';
import { MemoryFamily } from '../memory';
import type { Roster } from '../roster';
import { Changes } from './changes';
import { HeapBucketSource } from './bucket-source';
import { Declaration, owns } from './declaration';
import { HeapExemplars } from './exemplars';
import { parseFamilies } from './json';
import { LabelValues } from './label-values';
import type { Member } from './member';
import { HeapOthers } from './others';
import { OwnPart } from './own-part';
import type { HeapMetricParts } from './metric-parts';
import { Pending } from './pending';
import type { HeapStorage } from './storage';
import { repoint, type Views } from './views';

export class HeapFamily implements Family, Member {
  readonly tag: string;
  readonly name: string;
  readonly roster: Roster;
  readonly bucketSource: HeapBucketSource;
  readonly others: HeapOthers;
  private readonly host: HeapStorage;
  /** Identifies the metric. */
  private readonly key: string;
  private readonly declaration: Declaration;
  private readonly changes: Changes;
  private readonly exemplars: HeapExemplars;
  private readonly pending: Pending;
  private readonly own: OwnPart;
  private readonly values: LabelValues;

  /**
   * @param group number of the registry in this isolate, for default labels
   * @param roster the metric's handles, which are bound again when the writer is lost
   */
  constructor(host: HeapStorage, tag: string, group: number, roster: Roster) {
    this.host = host;
    this.tag = tag;
    this.name = roster.shape.name;
    this.key = `${tag}\0${this.name}`;
    this.roster = roster;
    this.bucketSource = new HeapBucketSource(host, roster.shape);
    this.exemplars = new HeapExemplars(host);
    this.declaration = new Declaration(host, tag, group, roster, this.bucketSource);
    this.changes = new Changes(host, this.key, roster);
    const { declaration, changes, bucketSource, exemplars } = this;
    const parts: HeapMetricParts = { host, roster, declaration, changes, bucketSource, exemplars };
    this.pending = new Pending(parts);
    this.own = new OwnPart(parts, this.pending);
    this.others = new HeapOthers(parts, this.pending);
    this.values = new LabelValues(host);
  }

  declare(): Status {
    return this.host.attempt(() => this.declaration.declared());
  }

  bind(h: Handle, label: LabelText): boolean {
    rescueExpired();
    if (h.live) return true;
    if (this.keeps) {
      if (this.pending.full) return this.refuse(Refusal.Busy);
      this.pending.holdUntilRead(h, label);
      return true;
    }
    switch (this.host.attemptTwice(() => this.declaration.bind(h, label))) {
      case Status.Ok:
        return true;
      case Status.Full:
      case Status.Limit:
        this.host.refused(this.declaration.refusal, this.roster.shape);
        return false;
      case Status.Corrupt:
        // The roster counts in memory storage now.
        this.host.abandon();
        return this.roster.family.bind(h, label);
      default:
        if (this.pending.full) return this.refuse(Refusal.Busy);
        this.pending.hold(h, label);
        this.host.backlog.later();
        return true;
    }
  }

  /** Whether changes of the family are kept back until a scrape has read. */
  get keeps(): boolean {
    return this.changes.kept > 0;
  }

  get leaving(): boolean {
    return this.host.leaving;
  }

  hold(h: Handle, label: LabelText): boolean {
    if (h.backing === Backing.Pending) return true;
    if (label === TOO_LONG || this.pending.full) {
      if (label === TOO_LONG) this.tooLong();
      else this.refuse(Refusal.Busy);
      h.detach();
      return false;
    }
    const { kind, numbers } = this.roster.shape;
    // Counts stay in the heap, and the handle counts on from zero. A gauge that is not shared keeps its value.
    const stays = kind.adds || kind.sharedGauge;
    // The value of a series that was removed is not kept.
    const blank = stays || !h.current;
    const image = blank ? kind.blank(kind.cells(numbers)) : readImage(h, kind);
    this.pending.postpone(h, label, image);
    return true;
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

  labelValues(name: string): readonly string[] {
    const { number } = this.declaration;
    return number === null || this.host.backlog.busy ? [] : this.values.of(number, name);
  }

  dropped(): void {
    this.host.tally.dropped(this.declaration.refusal);
  }

  remove(label: LabelText, h: Handle | undefined, everywhere: boolean): void {
    const { kind } = this.roster.shape;
    this.others.cut();
    if (!everywhere && !kind.adds && !kind.sharedGauge) {
      if (h !== undefined) this.release(h);
      return;
    }
    const { text, types } = label;
    // A pending handle of a shared gauge has changes that are not in the heap yet. They are lost with the series.
    if (h !== undefined && kind.sharedGauge && h.backing === Backing.Pending)
      this.pending.forget(h);
    else if (h !== undefined) this.reset(h, true);
    this.others.everywhere((writer, number) => writer.remove(number, text, types));
  }

  expire(labels: readonly LabelText[], handles: readonly (Handle | undefined)[]): number {
    if (!this.roster.shape.kind.adds) {
      for (const h of handles) if (h !== undefined) this.release(h);
      return handles.length;
    }
    // The removal is not postponed, because the series may be in use again later.
    const { number } = this.declaration;
    if (this.host.backlog.busy || number === null) return 0;
    let gone = 0;
    this.host.attempt(() => {
      const texts = labels.flatMap(({ text, types }) => [text, types]);
      gone = Math.max(0, this.host.writer.expire(number, texts));
      return Status.Ok;
    });
    return gone;
  }

  reset(h: Handle, hide: boolean): void {
    this.own.reset(h, hide);
  }

  release(h: Handle): void {
    this.own.release(h);
  }

  stale(h: Handle): boolean {
    return h.backing === Backing.Heap && !owns(h);
  }

  exemplify(h: Handle, exemplar: Exemplar): void {
    this.exemplars.exemplify(h, exemplar);
  }

  async read(scope: Scope): Promise<FamilyData> {
    const { name, help, kind, aggregator, exemplars, numbers, states } = this.roster.shape;
    const families = await this.host.scrapes.text('json', {
      scope,
      tags: [],
      families: [this.key],
      plain: true,
    });
    const found = parseFamilies(families).find(({ type }) => type === kind.type);
    if (found !== undefined) return { ...found, exemplars };
    const shown = kind.shown(numbers);
    return { name, help, type: kind.type, aggregator, numbers: shown, states, series: [] };
  }

  close(): void {
    const number = this.declaration.number;
    this.declaration.number = null;
    this.host.families.delete(this);
    if (number === null) return;
    const withdraw = (): void => {
      this.changes.withSameWriter((writer) => {
        writer.withdraw(number);
        return Status.Ok;
      });
    };
    if (this.changes.keepsBack) this.changes.keepBack(withdraw);
    else withdraw();
  }

  /**
   * If only the slot was lost, counts stay in the old blocks and new blocks count from zero. A gauge's value moves to a
   * new block: most gauges show only the parts of living writers, and the old blocks of gauges that count the dead were
   * hidden (`hideLost`). If the whole segment was left, counts move, too.
   */
  orphan(left: NativeWriter | null): void {
    const { kind } = this.roster.shape;
    const { number } = this.declaration;
    this.declaration.number = null;
    if (left === null) this.bucketSource.orphan();
    this.pending.orphan();
    for (const h of this.roster.handles()) {
      if (h.backing !== Backing.Heap) continue;
      const comes = h.live && !kind.sharedGauge && (left !== null || !kind.adds);
      if (comes) this.pending.postpone(h, { text: h.text, types: h.types }, ownImage(h, kind));
      else h.detach();
    }
    if (kind.sharedGauge && left !== null && number !== null) this.bringSharedGauges(left, number);
  }

  /**
   * Moves the shared gauges of a segment that all processes leave; each gauge is moved by one process only. In other
   * cases shared gauges stay where they are, as counts do.
   */
  private bringSharedGauges(left: NativeWriter, number: number): void {
    this.host.attempt(() => {
      for (const { labels, types, value, set } of left.takeShared(number)) {
        const label = { text: labels, types };
        this.pending.bring(
          this.roster.handleFor(label),
          label,
          Float64Array.of(value, set ? 1 : 0),
        );
      }
      return Status.Ok;
    });
  }

  follow(before: Views): void {
    const { host, roster } = this;
    const path = host.paths.of(roster.shape.kind);
    for (const h of roster.handles()) repoint(h, path, before, host.views);
    if (roster.collect !== null) this.others.collects();
  }

  moveIn(): Status {
    const declared = this.declare();
    if (declared !== Status.Ok) return declared;
    const moved = this.pending.moveIn();
    return moved === Status.Ok ? this.bucketSource.moveIn((h) => owns(h)) : moved;
  }

  get waiting(): boolean {
    return this.left > 0 || this.pending.waiting;
  }

  get left(): number {
    return this.pending.left + this.bucketSource.left + (this.declaration.number === null ? 1 : 0);
  }

  leave(): void {
    this.declaration.number = null;
    this.roster.move(new MemoryFamily(this.roster.shape));
  }

  private refuse(refusal: Refusal): false {
    this.declaration.refusal = refusal;
    if (!this.roster.shape.overflows) this.dropped();
    this.host.refused(refusal, this.roster.shape);
    return false;
  }
}
