/** Declares a metric to the current writer of the heap, and binds its series there. */

import { asText, type LabelText } from '../../labels';
import { Out, Refusal, refusalOf, Status, statusOf, Stores } from '../../native';
import { readImage } from '../cells/image';
import type { Kind } from '../cells/kind';
import { NativePath } from '../cells/native-path';
import { Backing, type Handle } from '../cells/handle';
import { MOST_AT_ONCE } from '../limits';
import type { Roster } from '../roster';
import type { HeapBucketSource } from './bucket-source';
import type { HeapStorage } from './storage';

/** Bit of {@link Out.Flags}: the block has counts of an earlier life of the slot. */
const ADOPTED = 1;

/** Words that the native module fills in for a series. */
const WORDS = 8;

/** What `writer.limit` takes for no limit on a metric's series. */
const MOST_SERIES = 2 ** 32 - 1;

const out = new Uint32Array(WORDS * MOST_AT_ONCE);

export class Declaration {
  /** The family's number in the heap; null until it is declared to the current writer. */
  number: number | null = null;
  /** Why the last series was refused. */
  refusal: Refusal = Refusal.Memory;
  private readonly host: HeapStorage;
  private readonly tag: string;
  private readonly group: number;
  private readonly roster: Roster;
  private readonly bucketSource: HeapBucketSource;

  /**
   * @param tag the registry's tag
   * @param group number of the registry in this isolate, for default labels
   * @param roster the metric's handles
   * @param bucketSource makes the octave buckets, if the metric is a summary
   */
  constructor(
    host: HeapStorage,
    tag: string,
    group: number,
    roster: Roster,
    bucketSource: HeapBucketSource,
  ) {
    this.host = host;
    this.tag = tag;
    this.group = group;
    this.roster = roster;
    this.bucketSource = bucketSource;
  }

  /** Binds a handle to a block of its own. */
  bind(h: Handle, label: LabelText): Status {
    const writer = this.host.writer;
    if (owns(h)) {
      const { slab, first, number, generation } = h;
      // With another label text, the block is released, and bound again below. The series then gets that text, if no
      // other process has a part of it.
      const same = h.text === label.text && h.types === label.types;
      const status = statusOf(
        same
          ? writer.revive(slab, first, number, generation)
          : writer.release(slab, first, number, generation),
      );
      if (same && status === Status.Ok) h.show();
      if (same ? status !== Status.Gone : status === Status.Busy) return status;
    }
    h.detach();
    if (this.host.backlog.busy) return Status.Busy;
    const status = this.declared();
    if (status !== Status.Ok) {
      if (status === Status.Full || status === Status.Limit) {
        this.refusal = status === Status.Full ? Refusal.Memory : Refusal.Layout;
        if (!this.roster.shape.overflows) this.host.tally.dropped(this.refusal);
      }
      return status;
    }
    h.text = label.text;
    h.types = label.types;
    this.withoutLimit(label, () => {
      writer.bind(this.number!, label.text, label.types, out);
    });
    return this.found(0, h);
  }

  /**
   * Makes blocks for series that have none, under one hold of the heap lock.
   *
   * @param labels of at most {@link MOST_AT_ONCE} series
   * @returns how many were tried, from the first on; {@link found} has the result of each
   */
  bindEach(labels: readonly LabelText[]): number {
    const at = labels.findIndex((label) => this.overflows(label));
    // `withoutLimit` lifts the limit for a whole call. So the overflow series, to which the updates of refused series
    // are added, is bound by a call of its own.
    const some = at === -1 ? labels : labels.slice(0, Math.max(1, at));
    const texts = some.flatMap(({ text, types }) => [text, types]);
    return this.withoutLimit(some[0]!, () => this.host.writer.bindEach(this.number!, texts, out));
  }

  /** Whether labels are those of the overflow series, to which the updates of refused series are added. */
  private overflows({ text }: LabelText): boolean {
    return text === this.roster.overflowText;
  }

  /**
   * Makes a call that binds series. The metric's own limit does not apply to the overflow series. Otherwise, once other
   * processes have made `maxSeries` series, the overflow series could not be made, and updates would be dropped.
   *
   * @param label the labels of the first series; if this is the overflow series, the call binds no other series
   */
  private withoutLimit<R>(label: LabelText, bind: () => R): R {
    const { maxSeries } = this.roster.shape;
    if (maxSeries === undefined || !this.overflows(label)) return bind();
    const { writer } = this.host;
    writer.limit(this.number!, MOST_SERIES, false);
    const result = bind();
    writer.limit(this.number!, maxSeries, false);
    return result;
  }

  /** Points a handle to the block that {@link bindEach} made for the series of this number, if it made one. */
  found(number: number, h: Handle): Status {
    const at = number * WORDS;
    const status = statusOf(out[at + Out.Status]!);
    if (status === Status.Ok) this.point(h, at);
    else this.refusal = refusalOf(out[at + Out.Refusal]!);
    return status;
  }

  private point(h: Handle, at: number): void {
    h.slab = out[at + Out.Slab]!;
    h.first = out[at + Out.Cell]!;
    if (this.host.paths.stores !== Stores.Native && !this.kind.sharedGauge) {
      const { cells, halves } = this.host.views.slab(h.slab);
      h.cells = cells;
      h.halves = halves;
      h.generations = this.host.views.chunk(out[at + Out.Chunk]!);
      h.word = out[at + Out.Word]!;
    }
    h.size = this.kind.cells(this.roster.shape.numbers);
    h.path = this.host.paths.of(this.kind);
    h.generation = out[at + Out.Generation]!;
    h.number = out[at + Out.Series]!;
    h.backing = Backing.Heap;
    h.show();
    const adopted = (out[at + Out.Flags]! & ADOPTED) !== 0 && this.kind.adds;
    const views = !(h.path instanceof NativePath);
    if (views && (adopted || h.cells[h.first + 1] !== 0)) this.bucketSource.addAdopted(h);
    h.base = adopted ? readImage(h, this.kind) : null;
    this.roster.expiry?.onBind(h);
  }

  /** Declares the metric, if it is not declared yet. */
  declared(): Status {
    if (this.number !== null) return Status.Ok;
    if (this.host.backlog.busy) return Status.Busy;
    const { name, help, kind, aggregator, labelNames, numbers, states } = this.roster.shape;
    const number = this.host.writer.family(
      {
        tag: this.tag,
        name: asText(name),
        help,
        type: kind.type,
        // JavaScript may pass anything; native code would throw, and the heap would be taken for corrupt.
        aggregator: asText(aggregator),
        labelNames: [...labelNames],
        numbers: Float64Array.from(numbers),
        states: [...states],
      },
      this.group,
    );
    if (number < 0) return statusOf(-number);
    const { maxSeries = MOST_SERIES, overflows = false } = this.roster.shape;
    if (maxSeries < MOST_SERIES || overflows) this.host.writer.limit(number, maxSeries, !overflows);
    this.number = number;
    if (this.roster.collect !== null) this.host.scrapes.listen();
    return Status.Ok;
  }

  private get kind(): Kind {
    return this.roster.shape.kind;
  }
}

/** Whether a handle points to a block of the heap that still belongs to the handle's series. */
export function owns(h: Handle): boolean {
  return h.backing === Backing.Heap && h.current;
}
