/** Where the state of this isolate's host is kept now. */

import { heap } from '../storage';
import { StateFolder } from './folder';
import type { StateStore } from './state';

export class Stores {
  private readonly purpose: string;
  private folder: { readonly path: string; readonly store: StateFolder } | null = null;

  /** @param purpose tells the states of one segment apart */
  constructor(purpose: string) {
    this.purpose = purpose;
  }

  /**
   * Returns where the state of the present segment is kept: the same object for the same segment and its copies. Null if
   * there is no segment, as in memory storage.
   */
  present(): StateStore | null {
    const figures = heap.figures();
    if (figures === null) return null;
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
