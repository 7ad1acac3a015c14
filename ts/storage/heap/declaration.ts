/** Declares a metric to the current writer of the heap, and binds its series there. */

import { asText, type LabelText } from '../../labels';
import { Out, Refusal, refusalOf, Status, statusOf, Stores } from '../../native';
import { readImage } from '../cells/image';
import type { Kind } from '../cells/kind';
import { NativePath } from '../cells/native-path';
import { Place, type Series } from '../cells/series';
import { MOST_AT_ONCE } from '../limits';
import type { Roster } from '../roster';
import type { HeapChunks } from './chunks';
import type { HeapStorage } from './storage';

/** Bit of {@link Out.Flags}: the block has counts of an earlier life of the slot. */
const ADOPTED = 1;

/** Words that the native module fills in for a series. */
const WORDS = 8;

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
  private readonly chunks: HeapChunks;

  /**
   * @param tag the registry's
   * @param group number of the registry in this isolate, for default labels
   * @param roster the metric's handles
   * @param chunks of a summary's
   */
  constructor(host: HeapStorage, tag: string, group: number, roster: Roster, chunks: HeapChunks) {
    this.host = host;
    this.tag = tag;
    this.group = group;
    this.roster = roster;
    this.chunks = chunks;
  }

  /** Binds a handle to a block of its own. */
  place(h: Series, label: LabelText): Status {
    const writer = this.host.writer;
    if (owns(h)) {
      const { slab, i, number, generation } = h;
      // With another label text, the series gets that, if no other process has the series.
      const same = h.text === label.text && h.types === label.types;
      const status = statusOf(
        same
          ? writer.revive(slab, i, number, generation)
          : writer.release(slab, i, number, generation),
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
        this.host.tally.dropped(this.refusal);
      }
      return status;
    }
    h.text = label.text;
    h.types = label.types;
    writer.bind(this.number!, label.text, label.types, out);
    return this.found(0, h);
  }

  /**
   * Makes blocks for series without one, under one lock.
   *
   * @param labels of at most {@link MOST_AT_ONCE} series
   * @returns how many of the first ones were tried; {@link found} has the result of each
   */
  placeEach(labels: readonly LabelText[]): number {
    const texts = labels.flatMap(({ text, types }) => [text, types]);
    return this.host.writer.bindEach(this.number!, texts, out);
  }

  /** Binds a handle to the block that was made for the series of this number, if one was. */
  found(number: number, h: Series): Status {
    const at = number * WORDS;
    const status = statusOf(out[at + Out.Status]!);
    if (status === Status.Ok) this.point(h, at);
    else this.refusal = refusalOf(out[at + Out.Refusal]!);
    return status;
  }

  private point(h: Series, at: number): void {
    h.slab = out[at + Out.Slab]!;
    h.i = out[at + Out.Cell]!;
    if (this.host.paths.stores !== Stores.Native && !this.kind.shared) {
      const { f, u } = this.host.views.slab(h.slab);
      h.f = f;
      h.u = u;
      h.g = this.host.views.chunk(out[at + Out.Chunk]!);
      h.w = out[at + Out.Word]!;
    }
    h.size = this.kind.cells(this.roster.shape.bounds);
    h.path = this.host.paths.of(this.kind);
    h.generation = out[at + Out.Generation]!;
    h.number = out[at + Out.Series]!;
    h.place = Place.Heap;
    h.show();
    const adopted = (out[at + Out.Flags]! & ADOPTED) !== 0 && this.kind.adds;
    const views = !(h.path instanceof NativePath);
    if (views && (adopted || h.f[h.i + 1] !== 0)) this.chunks.meet(h);
    h.base = adopted ? readImage(h, this.kind) : null;
    this.roster.expiry?.bound(h);
  }

  /** Declares the metric, if it is not. */
  declared(): Status {
    if (this.number !== null) return Status.Ok;
    if (this.host.backlog.busy) return Status.Busy;
    const { name, help, kind, aggregator, labelNames, bounds } = this.roster.shape;
    const number = this.host.writer.family(
      {
        tag: this.tag,
        name: asText(name),
        help,
        kind: kind.native,
        // JavaScript may pass anything; native code would throw, and the heap would be taken for corrupt.
        aggregator: asText(aggregator),
        labelNames: [...labelNames],
        bounds: Float64Array.from(bounds),
      },
      this.group,
    );
    if (number < 0) return statusOf(-number);
    this.number = number;
    if (this.roster.collect !== null) this.host.scrapes.listen();
    return Status.Ok;
  }

  private get kind(): Kind {
    return this.roster.shape.kind;
  }
}

/** Whether a handle's block is its own. */
export function owns(h: Series): boolean {
  return h.place === Place.Heap && h.current;
}
