/** How this isolate resets or frees its own part of one metric's series in the heap. */

import { Status, statusOf } from '../../native';
import { writeImage } from '../cells/image';
import { Backing, type Handle } from '../cells/handle';
import { owns } from './declaration';
import type { HeapMetricParts } from './metric-parts';
import type { Pending } from './pending';

export class OwnPart {
  private readonly parts: HeapMetricParts;
  private readonly pending: Pending;

  constructor(parts: HeapMetricParts, pending: Pending) {
    this.parts = parts;
    this.pending = pending;
  }

  /** See {@link Family.reset}. */
  reset(h: Handle, hide: boolean): void {
    const { kind } = this.parts.roster.shape;
    // A shared gauge is not reset by one process, and neither are this isolate's pending changes of the gauge.
    if (kind.sharedGauge) return;
    if (h.backing === Backing.Pending) {
      this.pending.reset(h, hide, (cells) => {
        this.reset(cells, hide);
      });
    } else if (owns(h)) this.resetBlock(h, hide);
  }

  /** See {@link Family.release}. */
  release(h: Handle): void {
    const { changes, bucketSource, host, roster } = this.parts;
    if (h.backing === Backing.Pending) {
      this.pending.reset(h, true, (cells) => {
        this.release(cells);
      });
      return;
    }
    if (!roster.shape.kind.sharedGauge && owns(h)) {
      if (!h.hidden && changes.keepsBack) {
        const block = h.handOver();
        changes.keepBack(() => {
          this.release(block);
        });
        return;
      }
      const { slab, first, number, generation } = h;
      if (h.base !== null) writeImage(h, roster.shape.kind, h.base, bucketSource);
      else {
        host.paths.hide(h);
        // Detaches the handle before the call, because a call that finds the slot lost binds live handles again.
        h.detach();
        changes.withSameWriter((writer) =>
          statusOf(writer.release(slab, first, number, generation)),
        );
      }
    }
    h.detach();
  }

  private resetBlock(h: Handle, hide: boolean): void {
    const { changes, bucketSource, exemplars, host, roster } = this.parts;
    const { kind, numbers } = roster.shape;
    if (!h.hidden && changes.keepsBack) {
      const label = { text: h.text, types: h.types };
      const block = h.handOver();
      changes.keepBack(() => {
        this.reset(block, hide);
      });
      if (!hide) this.pending.holdUntilRead(h, label);
      return;
    }
    if (h.base !== null) {
      // Keeps the counts of the dead writer: only the own counts are reset.
      writeImage(h, kind, h.base, bucketSource);
      return;
    }
    if (hide) {
      host.paths.hide(h);
      h.hide();
    }
    writeImage(h, kind, kind.blank(kind.cells(numbers)), bucketSource);
    if (exemplars.any && !hide) {
      const { slab, first, number, generation } = h;
      changes.withSameWriter((writer) => {
        const status = statusOf(writer.clearExemplars(slab, first, number, generation));
        return status === Status.Gone ? Status.Ok : status;
      });
    }
  }
}
