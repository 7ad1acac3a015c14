/** Where the state of this isolate's host is kept now. */

import { randomBytes } from 'crypto';

import { heap } from '../storage';
import { StateFolder } from './folder';
import { MemoryState, type StateStore } from './state';

export class Stores {
  private readonly purpose: string;
  /** For memory storage, in which this isolate is a host of its own. */
  private readonly memory = new MemoryState(randomBytes(8).toString('hex'));
  private folder: { readonly path: string; readonly store: StateFolder } | null = null;

  /** @param purpose tells the states of one segment apart */
  constructor(purpose: string) {
    this.purpose = purpose;
  }

  /** Returns where the state of the present segment is kept: the same object for the same segment and its copies. */
  present(): StateStore {
    const figures = heap.figures();
    if (figures === null) return this.memory;
    const { path, origin } = figures;
    if (this.folder?.path !== path || this.folder.store.origin !== origin) {
      this.folder = { path, store: new StateFolder(path, origin, this.purpose) };
    }
    return this.folder.store;
  }

  /** Whether other processes or threads write to the segment. */
  get others(): boolean {
    return (heap.figures()?.living ?? 0) > 1;
  }
}
