/**
 * All handles of one metric in this isolate: finds the handle for labels, and moves handles from one storage to
 * another.
 */

import {
  createLookup,
  haveTypes,
  LabelTree,
  labelText,
  labelValues,
  isLong,
  parseLabelText,
  TOO_LONG,
  typesIn,
  validateLabels,
  wellFormed,
  type LabelText,
  type LabelValue,
  type Lookup,
  type Pair,
} from '../labels';
import { mergeImage, ownImage } from './cells/image';
import type { Shape } from './cells/kind';
import { Backing, Handle } from './cells/handle';
import { setting, type Update } from './cells/update';
import type { Collect } from './collecting';
import type { FamilyData } from './data';
import { Expiry, rescueExpired, type Found } from './expiry';
import type { Family } from './family';
import { MemoryFamily } from './memory';
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
  /** The storage of the metric's series. */
  family: Family;
  /** Runs the metric's `collect` callback; null until it has one. */
  collect: Collect | null = null;
  /** How many calls of `collect` have not settled. While there are any, changes are not kept back. */
  running = 0;

  /** Removes series that no process updates; null to keep them. */
  expiry: Expiry | null = null;

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
  /** True once a label value was not a string. */
  private typed = false;

  /** @param declared the metric's label names, as error messages print them */
  constructor(shape: Shape, declared: () => readonly string[]) {
    this.shape = shape;
    this.family = new MemoryFamily(shape);
    this.cells = shape.kind.cells(shape.numbers);
    this.tree = new LabelTree(shape.labelNames.length);
    this.lookup = createLookup(shape.labelNames, this.tree, {
      check: (labels) => {
        validateLabels(declared(), labels);
      },
      miss: (labels, values) => {
        validateLabels(declared(), labels);
        // The update decides whether to ask the storage for the series again.
        if (this.refusals.active || haveLong(values, this.family.labelBytes)) return this.sink;
        return this.add(values.map((value) => (value === undefined ? value : wellFormed(value))));
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
    });
    this.find = this.lookup.find;
    this.at = this.lookup.at;
    this.sink.keep(shape.kind.blank(this.cells), Backing.Sink, null);
    this.sink.hide();
  }

  /** The own handle of a label set, if there is one; undeclared names are ignored. */
  peek(labels: object): Handle | undefined {
    return this.tree.get(labelValues(this.shape.labelNames, labels));
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

  /** The text of a caller's labels; {@link TOO_LONG} for those that the storage would refuse. */
  text(labels: object): LabelText {
    return labelText(labels, this.family.labelBytes);
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
      const values = textValues(this.shape.labelNames, label);
      const there = this.tree.get(values);
      if (there === undefined && this.refusals.skips(values)) {
        this.family.dropped();
        return this.sink;
      }
      target = there ?? this.add(values);
    }
    if (target.live) {
      this.expiry?.wake(target);
      return target;
    }
    if (label.types !== '') this.typed = true;
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
        if (!this.family.hold(target, label)) break;
      } else target = this.bindText(target, label);
      if (target.path === null) {
        update(target, value, bucket);
        break;
      }
    }
    if (target.retyped && update === setting) this.retype(target, label);
    return target;
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
    h.types = typesIn(h.text, label);
    if (label.types !== '') this.typed = true;
  }

  /**
   * Returns a family with the types of label values that this isolate gave, for series that this isolate updates. The
   * storage has the types that were given by the process that made the series.
   */
  withTypes<D extends FamilyData>(data: D): D {
    if (!this.typed) return data;
    const series = data.series.map((one) => {
      const h = this.handleOf(one.labels);
      if (h?.live !== true || h.backing !== Backing.Heap) return one;
      const { text } = labelText(Object.fromEntries(one.labels));
      return { ...one, types: typesIn(text, h) };
    });
    return { ...data, series };
  }

  /** Removes a series; see {@link Family.remove}. */
  remove(labels: object, everywhere: boolean): void {
    const label = this.text(labels);
    // A refused series does not exist.
    if (label === TOO_LONG) return;
    const values = labelValues(this.shape.labelNames, labels);
    const h = this.tree.get(values);
    this.family.remove(label, h, everywhere);
    if (h !== undefined) {
      this.unlink(h, values);
      h.detach();
    }
    this.retry();
  }

  /** From now on removes series that no process updates for so many seconds. */
  expireAfter(seconds: number): void {
    this.expiry = new Expiry(this, seconds);
    for (const h of this.tree.leaves()) if (h.live) this.expiry.onBind(h);
  }

  handleOf(labels: readonly Readonly<Pair>[]): Handle | undefined {
    return this.tree.get(valuesOf(this.shape.labelNames, labels));
  }

  isInitial(labels: readonly Readonly<Pair>[]): boolean {
    const values = valuesOf(this.shape.labelNames, labels);
    return this.initial.some((set) =>
      labelValues(this.shape.labelNames, set).every((value, i) => value === values[i]),
    );
  }

  expire(series: readonly Found[]): number {
    const labels = series.map((one) => ({
      ...labelText(Object.fromEntries(one.labels)),
      types: one.types,
    }));
    const values = series.map((one) => valuesOf(this.shape.labelNames, one.labels));
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
    const from = this.family;
    rescueExpired();
    const all = this.tree.leaves().sort((a, b) => a.birth - b.birth);
    const moved = all.map((h) => ({
      h,
      label: { text: h.text, types: h.types },
      own: h.live ? ownImage(h, kind) : null,
      exemplars: from instanceof MemoryFamily ? from.takeExemplars(h) : [],
    }));
    for (const h of all) from.release(h);
    from.close();
    this.family = to;
    for (const { h, label, own, exemplars } of moved) {
      if (own === null) continue;
      // Uses `this.family` and not `to`, because the heap may have been given up for memory storage meanwhile.
      let merged = false;
      for (let tries = 0; !merged && tries < TRIES && this.family.bind(h, label); tries++)
        merged = mergeImage(h, kind, own, this.family.bucketSource);
      if (!merged && h.live && this.family.hold(h, label))
        mergeImage(h, kind, own, this.family.bucketSource);
      if (!h.live) continue;
      for (const exemplar of exemplars) this.family.exemplify(h, exemplar);
    }
    this.retry();
  }

  /** Finds or makes the handle of a series. */
  handleFor(label: LabelText): Handle {
    return this.add(textValues(this.shape.labelNames, label));
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
    const values = textValues(this.shape.labelNames, label);
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

function textValues(names: readonly string[], { text }: LabelText): LabelValue[] {
  return valuesOf(names, parseLabelText(text));
}

function valuesOf(names: readonly string[], labels: readonly Readonly<Pair>[]): LabelValue[] {
  const given = new Map<string, LabelValue>(labels);
  return names.map((name) => given.get(name));
}

/** Whether a value has more than `most` bytes. */
function haveLong(values: readonly LabelValue[], most: number): boolean {
  return values.some((value) => value !== undefined && isLong(value, most));
}
