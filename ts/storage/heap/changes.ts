/** Changes of one metric's series, which may be kept back until a scrape has read: see `keeping.ts`. */

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

  /** How many are kept back. */
  get kept(): number {
    return this.host.keeping.of(this.key);
  }

  /** Whether a change has to be kept back now. */
  get keepsBack(): boolean {
    return this.host.keeping.on && this.roster.running === 0;
  }

  /** Keeps one back. */
  keepBack(change: () => void): void {
    this.host.keeping.keep(this.key, change);
  }

  /**
   * Makes one now, or when the heap is not busy; not if another writer has replaced this one by then, for which the
   * numbers of slabs and families are not valid.
   */
  withSameWriter(call: (writer: NativeWriter) => Status): void {
    const { life } = this.host;
    this.host.backlog.now(() =>
      this.host.life === life ? this.host.attempt(() => call(this.host.writer)) : Status.Ok,
    );
  }
}
