/**
 * All handles of one metric in this isolate: finds the handle for labels, and moves handles from one storage to
 * another.
 */

import {
  createLookup,
  haveTypes,
  LabelTree,
  labelText,
  parseLabelText,
  TOO_LONG,
  validateLabels,
  type LabelText,
  type LabelValue,
  type Lookup,
  type Pair,
} from '../labels';
import { mergeImage } from './cells/image';
import type { Shape } from './cells/kind';
import { Backing, Handle } from './cells/handle';
import { setting, type Update } from './cells/update';
import type { Collect } from './collecting';
import type { FamilyData } from './data';
import { Expiry, type Found } from './expiry';
import type { Family } from './family';
import { GivenTypes } from './given-types';
import { AS_NAMED, LabelSets, type LabelOptions } from './label-sets';
import { MemoryFamily } from './memory';
import { bringIn, takeOut } from './moving';
import { Refusals } from './refusals';

/** The least number of new label sets between two sweeps, which drop handles that are not needed any more. */
const SWEEP = 1024;

/**
 * Maximum number of attempts to bind a series again that other processes keep removing. After these, the handle counts
 * in cells of its own: see {@link Family.hold}.
 */
const TRIES = 3;

let births = 0;

export class Roster {
  readonly shape: Shape;
  /** Finds the handle for a label object. Throws for labels that are not declared. */
  readonly find: (labels: object) => Handle;
  /** Finds the handle for values, one for each label name. Returns undefined if the values have to be checked first. */
  readonly at: (values: readonly unknown[]) => Handle | undefined;
  /** Whether a label set may count as another: with default values, or with other values beyond a limit. */
  readonly adapts: boolean;
  /** The storage of the metric's series. */
  family: Family;
  /** Runs the metric's `collect` callback; null until it has one. */
  collect: Collect | null = null;
  /** How many calls of `collect` have not settled. While there are any, changes are not kept back. */
  running = 0;

  /** Removes series that no process updates; null to keep them. */
  expiry: Expiry | null = null;

  private readonly sets: LabelSets;
  private readonly tree: LabelTree<Handle>;
  private readonly lookup: Lookup<Handle>;
  private readonly cells: number;
  /** Label sets that are shown from the declaration on. */
  private initial: readonly object[] = [];
  private added = 0;
  private threshold = SWEEP;

  /**
   * The handle of all series that the storage refused. Its cells are never read. It is never live, so each update of
   * such a series calls {@link bindText}, which counts it.
   */
  private readonly sink = new Handle();
  private readonly refusals = new Refusals();
  /** Whether the storage, when it was asked last, refused even the series in which updates of refused series count. */
  private overflowRefused = false;
  private readonly types = new GivenTypes();

  /**
   * @param declared the metric's label names, as error messages print them
   * @param options what changes the label sets that the caller names
   */
  constructor(shape: Shape, declared: () => readonly string[], options: LabelOptions = AS_NAMED) {
    this.shape = shape;
    this.adapts = options.defaults !== null || options.limits !== null;
    this.family = new MemoryFamily(shape);
    this.sets = new LabelSets(shape, options, (name) => this.family.labelValues(name));
    this.cells = shape.kind.cells(shape.numbers);
    this.tree = new LabelTree(this.sets.names.length);
    const hooks = {
      check: (labels: object) => {
        validateLabels(declared(), labels);
      },
      miss: (labels: object, values: readonly LabelValue[]) => {
        validateLabels(declared(), labels);
        const counted = this.sets.counted(values, this.family.labelBytes);
        if (counted === null) return this.sink;
        // The update decides whether to ask the storage for the series again.
        return this.tree.get(counted) ?? (this.refusals.active ? this.sink : this.add(counted));
      },
      // The types of label values are those of the first call; of a gauge's series those of the last call that set it.
      // This is as in prom-client.
      ...(shape.kind.type === 'gauge' && {
        typed: (h: Handle, values: readonly unknown[]) => {
          if (h.retyped || !h.live || haveTypes(h.types, values)) return;
          h.retyped = true;
          h.show();
        },
      }),
    };
    this.lookup = createLookup(this.sets.names, this.tree, hooks, options.defaults);
    this.find = this.lookup.find;
    this.at = this.lookup.at;
    this.sink.keep(shape.kind.blank(this.cells), Backing.Sink, null);
    this.sink.hide();
  }

  /** The names of labels without a default value. */
  get undefaulted(): readonly string[] {
    const { labelNames } = this.shape;
    const { defaults } = this.sets;
    return defaults === null ? labelNames : labelNames.filter((name) => !defaults.has(name));
  }

  /** The own handle of a label set, if there is one; undeclared names are ignored. */
  peek(labels: object): Handle | undefined {
    return this.tree.get(this.sets.values(labels));
  }

  /**
   * Points a handle to cells, if it is not live; wakes it, if it sleeps (see `expiry.ts`).
   *
   * @param labels the caller's labels; null for none
   * @returns the handle to update, which may be another one
   */
  bind(h: Handle, labels: object | null): Handle {
    return this.bindText(h, this.text(labels ?? {}));
  }

  /** The text under which a caller's labels count; {@link TOO_LONG} for those that the storage would refuse. */
  text(labels: object): LabelText {
    return this.sets.text(labels, this.family.labelBytes);
  }

  /** {@link bind}, for labels that are text already. */
  bindText(h: Handle, label: LabelText): Handle {
    if (label === TOO_LONG) {
      if (h.live) return h;
      this.family.tooLong();
      return this.sink;
    }
    let target = h;
    if (!h.linked) {
      // A handle that was dropped from the tree must not count beside the one that took its place there.
      const values = this.sets.textValues(label);
      const there = this.tree.get(values);
      if (there === undefined && this.refusals.skips(values)) {
        if (!this.shape.overflows) this.family.dropped();
        return this.sink;
      }
      target = there ?? this.add(values);
    }
    if (target.live) {
      this.expiry?.wake(target);
      return target;
    }
    this.types.note(label);
    this.compareChild(target, label);
    if (!this.family.bind(target, label)) {
      return this.refuse(target, label);
    }
    target.birth = ++births;
    // In the heap, the metric's `Declaration` calls `onBind`, because it also binds pending handles.
    if (target.backing === Backing.Memory) this.expiry?.onBind(target);
    return target;
  }

  /**
   * The slow path of every update: makes an update that could not be a plain store.
   *
   * @param h a handle whose generation is not the expected one
   * @param labels the caller's labels; null for none
   * @param bucket number of a histogram's bucket
   * @returns the handle for further updates, which may be another one
   */
  update(h: Handle, labels: object | null, update: Update, value: number, bucket = 0): Handle {
    // The text is made only if it is needed: some handles take the slow path at each update.
    if (h.path !== null && !h.hidden && !h.retyped && update(h, value, bucket)) return h;
    return this.updateText(h, this.text(labels ?? {}), update, value, bucket);
  }

  /** {@link update}, for labels that are text already. */
  updateText(h: Handle, label: LabelText, update: Update, value: number, bucket = 0): Handle {
    let target = h;
    for (let tries = 0; ; tries++) {
      const tried = target.path !== null && !target.hidden;
      if (tried && update(target, value, bucket)) break;
      // While the isolate leaves its segment and the next one is not open, updates of living series are refused, too.
      if (tries >= TRIES || (tried && this.family.leaving)) {
        if (!this.family.hold(target, label)) return this.overflow(label, update, value, bucket);
      } else target = this.bindText(target, label);
      if (target === this.sink) return this.overflow(label, update, value, bucket);
      if (target.path === null) {
        update(target, value, bucket);
        break;
      }
    }
    if (target.retyped && update === setting) this.retype(target, label);
    return target;
  }

  /**
   * Makes an update of a refused series in the series for refused ones, if the metric has the option `overflow`.
   * Returns the handle for further updates, which ask the storage again.
   */
  private overflow(label: LabelText, update: Update, value: number, bucket: number): Handle {
    const { overflow } = this.sets;
    if (overflow === null) return this.sink;
    const values = this.sets.textValues(label);
    const there = this.tree.get(overflow.values);
    // Each attempt to make the series costs a native call under the heap lock.
    const refused = there === undefined && this.overflowRefused && this.refusals.active;
    if (refused || values.every((one, i) => one === overflow.values[i])) {
      this.family.dropped();
    } else {
      const h = there ?? this.add(overflow.values);
      const counted = this.updateText(h, overflow.label, update, value, bucket);
      this.overflowRefused = counted === this.sink;
    }
    return this.sink;
  }

  /**
   * Adds an image of a refused series to the series for refused ones, or counts it as dropped if that series is not
   * live. Does nothing if the metric does not have the option `overflow`.
   */
  overflowImage(image: Float64Array): void {
    const { overflow } = this.sets;
    if (overflow === null) return;
    const h = this.tree.get(overflow.values);
    if (h?.live === true) mergeImage(h, this.shape.kind, image, this.family.bucketSource);
    else this.family.dropped();
  }

  /** The label text of the series for refused ones; null if there is none. */
  get overflowText(): string | null {
    return this.sets.overflow?.label.text ?? null;
  }

  /** Makes a gauge's series take the slow path if its label values have other types now than those of its child. */
  compareChild(h: Handle, label: LabelText): void {
    if (this.shape.kind.type !== 'gauge' || h.retyped || h.child === null) return;
    if (h.childTypes === label.types) return;
    h.retyped = true;
    if (h.live) h.show();
  }

  /** Notes that a series was set, or reset, with these labels: JSON shows the types of their values. */
  retype(h: Handle, label: LabelText): void {
    this.types.retype(h, label);
  }

  /** Returns a family with the types of label values that this isolate gave. */
  withTypes<D extends FamilyData>(data: D): D {
    return this.types.in(data, (labels) => this.handleOf(labels));
  }

  /** Removes a series; see {@link Family.remove}. */
  remove(labels: object, everywhere: boolean): void {
    const label = this.sets.textAsNamed(labels, this.family.labelBytes);
    // A refused series does not exist.
    if (label === TOO_LONG) return;
    const values = this.sets.values(labels);
    const h = this.tree.get(values);
    this.family.remove(label, h, everywhere);
    if (h !== undefined) {
      this.unlink(h, values);
      h.detach();
    }
    this.retry();
  }

  /** Removes this isolate's part of a series. */
  drop(h: Handle): void {
    this.unlink(h, this.sets.textValues(h));
    this.family.remove({ text: h.text, types: h.types }, h, false);
    h.detach();
  }

  /** From now on removes series that no process updates for so many seconds. */
  expireAfter(seconds: number): void {
    this.expiry = new Expiry(this, seconds);
    for (const h of this.tree.leaves()) if (h.live) this.expiry.onBind(h);
  }

  handleOf(labels: readonly Readonly<Pair>[]): Handle | undefined {
    return this.tree.get(this.sets.valuesOf(labels));
  }

  isInitial(labels: readonly Readonly<Pair>[]): boolean {
    return this.sets.includes(this.initial, labels);
  }

  expire(series: readonly Found[]): number {
    const labels = series.map((one) => ({
      ...labelText(Object.fromEntries(one.labels)),
      types: one.types,
    }));
    const values = series.map((one) => this.sets.valuesOf(one.labels));
    const handles = values.map((one) => this.tree.get(one));
    const gone = this.family.expire(labels, handles);
    for (const [k, h] of handles.slice(0, gone).entries()) {
      if (h === undefined) continue;
      this.unlink(h, values[k]!);
      h.detach();
    }
    return gone;
  }

  expireHandle(h: Handle): void {
    const labels = parseLabelText(h.text);
    if (!this.isInitial(labels)) this.expire([{ labels, types: h.types }]);
  }

  /** Resets the own part of every series. */
  reset(hide: boolean): void {
    this.family.others?.cut();
    for (const h of this.tree.leaves()) this.family.reset(h, hide);
    this.retry();
    this.begin(this.initial);
  }

  /** Shows series at zero, now and after each reset. */
  begin(initial: readonly object[]): void {
    this.initial = initial;
    for (const labels of initial) this.bind(this.find(labels), labels);
  }

  /** From now on the storage is asked again about series that it refused. */
  retry(): void {
    this.refusals.forget();
  }

  /** All handles. */
  handles(): Handle[] {
    return this.tree.leaves();
  }

  /** Moves all series to another storage, with this isolate's own part of them. */
  move(to: Family): void {
    const { kind } = this.shape;
    const moved = takeOut(this.family, this.tree.leaves(), kind);
    this.family = to;
    bringIn(this, moved, kind, TRIES);
    this.retry();
  }

  /** Finds or makes the handle of a series. */
  handleFor(label: LabelText): Handle {
    return this.add(this.sets.textValues(label));
  }

  private add(values: readonly LabelValue[]): Handle {
    const there = this.tree.get(values);
    if (there !== undefined) return there;
    if (++this.added > this.threshold) this.sweep();
    const h = new Handle();
    h.linked = true;
    this.tree.put(values, h);
    return h;
  }

  private refuse(h: Handle, label: LabelText): Handle {
    const values = this.sets.textValues(label);
    this.unlink(h, values);
    if (this.family.full) this.refusals.refused(values);
    return this.sink;
  }

  private unlink(h: Handle, values: readonly LabelValue[]): void {
    this.tree.delete(values);
    this.lookup.forget();
    h.linked = false;
  }

  /** Drops handles of series that were removed elsewhere or never updated. */
  private sweep(): void {
    const left = this.tree.prune((h) => {
      if (h.backing !== Backing.None && !this.family.stale(h)) return false;
      h.linked = false;
      return true;
    });
    this.lookup.forget();
    this.added = 0;
    this.threshold = Math.max(SWEEP, left);
  }
}
