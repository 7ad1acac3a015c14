/**
 * When a stranger removes the segment's file (systemd's `RemoveIPC`, a cleaner of temporary files): who looks for
 * it, and how handles come to point into the copy that takes its place.
 */

import { warnOnce } from '../errors';
import type { NativeHeap } from '../native';
import type { Path } from './path';
import { Place, type Series } from './series';
import { unref } from '../timers';

/** Milliseconds between two looks for the file; and while something about it is still to be done. */
const PERIOD = 1_000;
const SOON = 50;

// Kept, because tests fake the global ones.
const { setTimeout } = globalThis;

/** Looks at something for as long as the program runs; keeps nothing alive. */
export class Watch {
  private begun = false;
  private readonly look: () => boolean;

  /** @param look returns false to be called again soon */
  constructor(look: () => boolean) {
    this.look = look;
  }

  /** Begins, unless it has. */
  begin(): void {
    if (this.begun) return;
    this.begun = true;
    this.wait(PERIOD);
  }

  private wait(milliseconds: number): void {
    const timer = setTimeout(() => {
      this.wait(this.look() ? PERIOD : SOON);
    }, milliseconds);
    unref(timer);
  }
}

/** Segments that were left for copies, as long as writers are awaited from there. */
export class Left {
  private all: NativeHeap[] = [];

  /** One was left. */
  add(segment: NativeHeap): void {
    this.all.push(segment);
  }

  /** Brings along what those counted who died there. */
  settle(to: NativeHeap): void {
    this.all = this.all.filter((segment) => {
      try {
        return to.settle(segment) !== 0;
      } catch {
        return true;
      }
    });
  }
}

/** Views of a segment, by the numbers of slabs and of chunks of generation words. */
export interface Views {
  readonly slabs: ReadonlyMap<number, { readonly f: Float64Array; readonly u: Uint32Array }>;
  readonly chunks: ReadonlyMap<number, Uint32Array>;
}

/** Gives views by the same numbers. */
export interface Viewing {
  slab(number: number): { f: Float64Array; u: Uint32Array };
  chunk(number: number): Uint32Array;
}

/**
 * Points a handle to the same places in the copy of a segment.
 *
 * @param h a handle; one that is not in the heap stays as it is
 * @param path how it is updated there
 * @param before what it and its buckets point into
 * @param now the copy
 */
export function repoint(h: Series, path: Path | null, before: Views, now: Viewing): void {
  if (h.place !== Place.Heap) return;
  h.path = path;
  const there = before.slabs.get(h.slab);
  if (there !== undefined && h.f === there.f) {
    const { f, u } = now.slab(h.slab);
    h.f = f;
    h.u = u;
  }
  for (const [number, chunk] of before.chunks) {
    if (h.g === chunk) {
      h.g = now.chunk(number);
      break;
    }
  }
  for (const chunk of h.s.all.values()) {
    for (const [number, { f }] of before.slabs) {
      if (chunk.f === f) {
        chunk.f = now.slab(number).f;
        break;
      }
    }
  }
}

/** Warns, once, that the figures of an application go on in another file. */
export function warnOfRemoval(path: string, now: string): void {
  const to = path === now ? 'a new file of that name' : now;
  warnOnce(
    'MPMETRICS_REMOVED',
    `${path} was removed while it was in use (by systemd's RemoveIPC, or a cleaner of temporary files, perhaps); all figures go on in ${to}`,
  );
}
