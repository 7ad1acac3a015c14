/** Resets and removals of one metric's series, which are kept back while a scrape reads: see `keeping.ts`. */

import { Status, type NativeWriter } from '../../native';
import type { Roster } from '../roster';
import type { HeapStorage } from './storage';

export class Changes {
  private readonly host: HeapStorage;
  private readonly key: string;
  private readonly roster: Pick<Roster, 'running'>;

  /** @param key identifies the metric */
  constructor(host: HeapStorage, key: string, roster: Pick<Roster, 'running'>) {
    this.host = host;
    this.key = key;
    this.roster = roster;
  }

  /** How many changes of this metric are kept back. */
  get kept(): number {
    return this.host.keeping.of(this.key);
  }

  /** Whether a change has to be kept back now. */
  get keepsBack(): boolean {
    return this.host.keeping.on && this.roster.running === 0;
  }

  /** Keeps a change back. */
  keepBack(change: () => void): void {
    this.host.keeping.keep(this.key, change);
  }

  /**
   * Makes a change now, or, if the heap lock is not free, later. Does nothing if another writer has replaced this one
   * by then, because the numbers of slabs and families in `call` are not those of the new writer.
   */
  withSameWriter(call: (writer: NativeWriter) => Status): void {
    const { life } = this.host;
    this.host.backlog.now(() =>
      this.host.life === life ? this.host.attempt(() => call(this.host.writer)) : Status.Ok,
    );
  }
}
