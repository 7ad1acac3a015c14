/** How this isolate resets or frees its own part of one metric's series in the heap. */

import { Status, statusOf } from '../../native';
import { writeImage } from '../cells/image';
import { Place, type Series } from '../cells/series';
import { owns } from './declaration';
import type { Parts } from './parts';
import type { Pending } from './pending';

export class OwnPart {
  private readonly parts: Parts;
  private readonly pending: Pending;

  constructor(parts: Parts, pending: Pending) {
    this.parts = parts;
    this.pending = pending;
  }

  /** See {@link Family.reset}. */
  reset(h: Series, hide: boolean): void {
    const { kind } = this.parts.roster.shape;
    // A shared gauge is not this process's to reset, nor is what it is still to bring there.
    if (kind.shared) return;
    if (h.place === Place.Pending) {
      this.pending.reset(h, hide, (cells) => {
        this.reset(cells, hide);
      });
    } else if (owns(h)) this.resetBlock(h, hide);
  }

  /** See {@link Family.release}. */
  release(h: Series): void {
    const { changes, chunks, host, roster } = this.parts;
    if (h.place === Place.Pending) {
      this.pending.reset(h, true, (cells) => {
        this.release(cells);
      });
      return;
    }
    if (!roster.shape.kind.shared && owns(h)) {
      if (!h.hidden && changes.keepsBack) {
        const block = h.handOver();
        changes.keepBack(() => {
          this.release(block);
        });
        return;
      }
      const { slab, i, number, generation } = h;
      if (h.base !== null) writeImage(h, roster.shape.kind, h.base, chunks);
      else {
        host.paths.hide(h);
        // Before the call: if that finds the slot lost, live handles move to another one.
        h.detach();
        changes.withSameWriter((writer) => statusOf(writer.release(slab, i, number, generation)));
      }
    }
    h.detach();
  }

  private resetBlock(h: Series, hide: boolean): void {
    const { changes, chunks, exemplars, host, roster } = this.parts;
    const { kind, bounds } = roster.shape;
    if (!h.hidden && changes.keepsBack) {
      const label = { text: h.text, types: h.types };
      const block = h.handOver();
      changes.keepBack(() => {
        this.reset(block, hide);
      });
      if (!hide) this.pending.holdBehind(h, label);
      return;
    }
    if (h.base !== null) {
      // What a dead process counted is not this process's to reset.
      writeImage(h, kind, h.base, chunks);
      return;
    }
    if (hide) {
      host.paths.hide(h);
      h.hide();
    }
    writeImage(h, kind, kind.blank(kind.cells(bounds)), chunks);
    if (exemplars.any && !hide) {
      const { slab, i, number, generation } = h;
      changes.withSameWriter((writer) => {
        const status = statusOf(writer.clearExemplars(slab, i, number, generation));
        return status === Status.Gone ? Status.Ok : status;
      });
    }
  }
}
