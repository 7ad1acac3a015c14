/** What concerns other processes of one metric in the heap. */

import { Status, statusOf, type NativeWriter } from '../../native';
import { readImage } from '../cells/image';
import { Place, type Series } from '../cells/series';
import type { Asked, Others } from '../family';
import type { Parts } from './parts';
import type { Pending } from './pending';

export class HeapOthers implements Others {
  private readonly parts: Parts;
  private readonly pending: Pending;

  constructor(parts: Parts, pending: Pending) {
    this.parts = parts;
    this.pending = pending;
  }

  removeAll(): void {
    const { roster } = this.parts;
    if (roster.shape.kind.shared) {
      // What is still to be brought to values that all share goes with them.
      for (const h of roster.handles()) {
        if (h.place === Place.Pending) this.pending.forget(h);
        // What is set from now on goes to a series that is made anew.
        else h.detach();
      }
    }
    this.everywhere((writer, number) => writer.removeAll(number));
  }

  /** Removes something for all processes, now or when it can be done. */
  everywhere(call: (writer: NativeWriter, number: number) => number): void {
    const { changes, declaration, host } = this.parts;
    const { number } = declaration;
    if (changes.keepsBack && number !== null) {
      changes.keepBack(() => {
        changes.withSameWriter((writer) => statusOf(call(writer, number)));
      });
      return;
    }
    host.backlog.now(() =>
      host.attempt(() => {
        const status = declaration.declared();
        if (status !== Status.Ok) return status;
        return statusOf(call(host.writer, declaration.number!));
      }),
    );
  }

  rescue(h: Series, known: Float64Array): void {
    const { host, roster } = this.parts;
    const { text, types } = h;
    const { kind, bounds } = roster.shape;
    const counted = readImage(h, kind);
    kind.minus(counted, known, kind.cells(bounds));
    if (kind.isZero(counted)) return;
    host.attempt(() => {
      if (host.writer.expired(h.number, h.generation)) {
        this.pending.postpone(h, { text, types }, counted);
      }
      return Status.Ok;
    });
  }

  cut(): void {
    const { changes } = this.parts;
    // Also where nothing is shown: the scrape would show what is counted next, and the next scrape again.
    if (changes.keepsBack) changes.keepBack(() => undefined);
  }

  collects(): void {
    if (this.parts.declaration.number !== null) this.parts.host.scrapes.listen();
  }

  ready(): Promise<void> | undefined {
    return this.parts.host.scrapes.ready();
  }

  ask(others: boolean, all = false): Asked {
    return this.parts.host.scrapes.ask(others, all);
  }
}
