/** The default labels of this isolate's registries, which it stores in the heap. */

import { warnOnce } from '../../errors';
import { Status, statusOf, type NativeWriter } from '../../native';
import type { Defaults } from './source';

/** The heap storage in which the default labels are stored. */
export interface Labelled {
  /** The segment's path, for messages. */
  readonly path: string;
  /** This isolate's writer. Throws the errors of attaching to the heap. */
  readonly writer: NativeWriter;
  /** Makes a call now, or later if the heap lock is taken. */
  now(call: () => Status): void;
}

export class DefaultLabels {
  private readonly heap: Labelled;
  private readonly byGroup = new Map<number, Defaults>();

  constructor(heap: Labelled) {
    this.heap = heap;
  }

  /** Sets the default labels of a registry, without storing them in the heap. */
  set(group: number, defaults: Defaults): void {
    this.byGroup.set(group, defaults);
  }

  /** Stores the default labels of all registries in the heap. */
  applyAll(): void {
    for (const group of this.byGroup.keys()) this.apply(group);
  }

  /** Stores the default labels of one registry in the heap. */
  apply(group: number): void {
    this.heap.now(() => {
      const { text, types } = this.byGroup.get(group)!;
      const status = statusOf(this.heap.writer.defaultLabels(group, text, types));
      if (status === Status.Full || status === Status.Limit) {
        const code = status === Status.Full ? 'MPMETRICS_FULL' : 'MPMETRICS_LIMIT';
        warnOnce(
          code,
          `${this.heap.path} has no room for default labels, which are not shown: ${text.slice(0, 80)}`,
        );
      }
      return status;
    });
  }
}
