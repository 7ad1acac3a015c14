/** The values that a metric's labels have in the series of all processes, for limits on the number of values. */

import { Status, type NativeWriter } from '../../native';
import type { HeapStorage } from './storage';

/** What was read last of a label. */
interface LastRead {
  readonly writer: NativeWriter;
  readonly number: number;
  /** The family's series that was made last. */
  readonly latest: bigint;
}

export class LabelValues {
  private readonly host: HeapStorage;
  private readonly read = new Map<string, LastRead>();

  constructor(host: HeapStorage) {
    this.host = host;
  }

  /**
   * Returns the values of a label: all at the first call for the label, and then at least those of series that were made
   * since the call before. So a call reads only new series, unless one of these was removed again: then it reads all.
   *
   * @param family the family's number in the heap
   */
  of(family: number, name: string): readonly string[] {
    let values: readonly string[] = [];
    const { host, read } = this;
    // If the values cannot be read now, those of this isolate are all that is known.
    const status = host.attempt(() => {
      const { writer } = host;
      const last = read.get(name);
      const after = last?.writer === writer && last.number === family ? last.latest : undefined;
      const found = writer.labelValues(family, name, after);
      read.set(name, { writer, number: family, latest: found.latest });
      ({ values } = found);
      return Status.Ok;
    });
    if (status === Status.Corrupt) host.abandon();
    return values;
  }
}
