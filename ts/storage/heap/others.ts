/** Operations on one metric's series in the heap that concern other processes, too. */

import { Status, statusOf, type NativeWriter } from '../../native';
import { readImage } from '../cells/image';
import { Backing, type Handle } from '../cells/handle';
import type { Asked, Others } from '../family';
import type { HeapMetricParts } from './metric-parts';
import type { Pending } from './pending';

export class HeapOthers implements Others {
  private readonly parts: HeapMetricParts;
  private readonly pending: Pending;

  constructor(parts: HeapMetricParts, pending: Pending) {
    this.parts = parts;
    this.pending = pending;
  }

  removeAll(): void {
    const { roster } = this.parts;
    if (roster.shape.kind.sharedGauge) {
      // A pending handle of a shared gauge has changes that are not in the heap. They are lost with the series.
      for (const h of roster.handles()) {
        if (h.backing === Backing.Pending) this.pending.forget(h);
        // The next update makes the series again.
        else h.detach();
      }
    }
    this.everywhere((writer, number) => writer.removeAll(number));
  }

  /**
   * Makes a call that removes series for all processes: now, or later if a scrape keeps it back or the heap lock is not
   * free.
   */
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

  rescue(h: Handle, known: Float64Array): void {
    const { host, roster } = this.parts;
    const { text, types } = h;
    const { kind, numbers } = roster.shape;
    const counted = readImage(h, kind);
    kind.minus(counted, known, kind.cells(numbers));
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
    // Keeps back an empty change, also if the metric has no series, so that new series wait until the scrape that is
    // under way has read. Otherwise that scrape would show what is counted after the reset, and so would the next one:
    // a program that resets at each scrape would report it twice.
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
