/** Changes of one metric's series, of which some are kept back until a scrape has read: see `keeping.ts`. */

import { Status, type NativeWriter } from '../../native';
import type { Roster } from '../roster';
import type { HeapStorage } from './storage';

export class Changes {
  private readonly host: HeapStorage;
  private readonly key: string;
  private readonly roster: Pick<Roster, 'running'>;

  /** @param key what tells the metric apart from others */
  constructor(host: HeapStorage, key: string, roster: Pick<Roster, 'running'>) {
    this.host = host;
    this.key = key;
    this.roster = roster;
  }

  /** How many are kept back. */
  get kept(): number {
    return this.host.keeping.of(this.key);
  }

  /** Whether one that is made now is to be kept back. */
  get keepsBack(): boolean {
    return this.host.keeping.on && this.roster.running === 0;
  }

  /** Keeps one back. */
  keepBack(change: () => void): void {
    this.host.keeping.keep(this.key, change);
  }

  /**
   * Makes one now, or when the heap is not busy; not with a writer that took this one's place meanwhile: numbers of
   * slabs and families mean nothing to it.
   */
  withSameWriter(call: (writer: NativeWriter) => Status): void {
    const { life } = this.host;
    this.host.backlog.now(() =>
      this.host.life === life ? this.host.attempt(() => call(this.host.writer)) : Status.Ok,
    );
  }
}
