/** The cell of a series whose backend cannot open cells yet: it keeps the updates. */

import { Deltas, tell, type Cell, type CellSeries } from '../../backends';

export class WaitingCell implements Cell {
  readonly series: CellSeries;
  private readonly deltas: Deltas;

  constructor(series: CellSeries) {
    this.series = series;
    this.deltas = new Deltas(series);
  }

  inc(by: number): void {
    this.deltas.inc(by);
  }

  set(value: number): void {
    this.deltas.set(value);
  }

  observe(value: number, times: number): void {
    this.deltas.observe(value, times);
  }

  /** Tells the backend's cell what was kept. Throws what the cell throws. */
  moveTo(cell: Cell): void {
    for (const change of this.deltas.take()) tell(cell, change);
  }

  get(): never {
    throw new Error('the backend is not initialized yet');
  }

  remove(): void {
    this.deltas.clear();
  }
}
