/**
 * The series of one metric in a backend of the user's own. Limits, refusals, exemplars and the handles' own cells are
 * those of memory storage.
 */

import { failed, nameOf, type Cell, type CellSeries } from '../../backends';
import { codeOf } from '../../errors';
import type { LabelText } from '../../labels';
import { Refusal } from '../../native';
import type { Shape } from '../cells/kind';
import type { Handle } from '../cells/handle';
import type { FamilyData } from '../data';
import { MemoryFamily } from '../memory';
import { BackendPath, ownPath } from './path';
import type { BackendPlace } from './place';
import { WaitingCell } from './waiting';

export class BackendFamily extends MemoryFamily {
  protected override readonly where: string;
  private readonly place: BackendPlace;
  private waits = false;
  /** What histograms and summaries counted before they moved here, which their cells cannot be told. */
  private readonly before = new Map<BackendPath, readonly number[]>();

  private readonly registry: string | undefined;

  /** @param registry name of the metric's registry; undefined if it has none */
  constructor(shape: Shape, place: BackendPlace, registry: string | undefined) {
    super(shape);
    this.place = place;
    this.registry = registry;
    this.where = `the backend ${place.name}`;
  }

  override bind(h: Handle, label: LabelText): boolean {
    if (!super.bind(h, label)) return false;
    const series = this.seriesOf(h);
    const path = new BackendPath(new WaitingCell(series), nameOf(series), ownPath(this.shape.kind));
    h.path = path;
    h.show();
    if (!this.opens(h, path, series)) return false;
    if (this.shape.kind.type === 'info' && h.path === path) path.set(h, 1);
    return true;
  }

  /**
   * Tells the backend what this isolate counted in a series before the metric moved here.
   *
   * @param image what was counted, which the handle's own cells have already
   */
  tellOf(h: Handle, image: Float64Array): void {
    const { kind } = this.shape;
    if (!(h.path instanceof BackendPath) || kind.isZero(image)) return;
    const { cell, series } = h.path;
    try {
      if (kind.type === 'counter') cell.inc(image[0]!);
      else if (kind.adds) {
        const values = kind.values(image, this.shape, image.length);
        this.before.set(h.path, kind.type === 'summary' ? values.slice(0, 2) : values);
      } else cell.set(image[kind.guarded ? 1 : 0]!);
    } catch (error) {
      failed('update', series, error);
    }
  }

  override reset(h: Handle, hide: boolean): void {
    super.reset(h, hide);
    if (hide || !(h.path instanceof BackendPath)) return;
    const { path } = h;
    path.remove();
    this.before.delete(path);
    const series = this.seriesOf(h);
    path.cell = new WaitingCell(series);
    this.opens(h, path, series);
  }

  override release(h: Handle): void {
    if (h.path instanceof BackendPath) {
      h.path.remove();
      this.before.delete(h.path);
    }
    super.release(h);
  }

  override close(): void {
    super.close();
    this.place.giveUp(this.registry, this.shape.name, this);
  }

  override async read(): Promise<FamilyData> {
    const { name, help, kind, aggregator, exemplars, states } = this.shape;
    const ranks = kind.shown(this.shape.numbers);
    const paths = new Map<BackendPath, Handle>();
    const read = await this.place.read(() => {
      for (const h of this.born) if (h.path instanceof BackendPath) paths.set(h.path, h);
      return [...paths.keys()];
    }, this.lengths(ranks.length));
    const quantiled = [...read.values()].some(({ length }) => length > 2);
    const series = [];
    for (const [path, numbers] of read) {
      const h = paths.get(path)!;
      // The series was removed while the backend was read.
      if (h.path !== path) continue;
      const values = this.valuesOf(path, numbers, quantiled ? ranks.length : 0);
      const exemplars = this.exemplars.read(h);
      series.push({ ...this.labelsOf(h), defaults: null, values, exemplars });
    }
    const numbers = kind.type === 'summary' && !quantiled ? [] : ranks;
    const data = { name, help, type: kind.type, aggregator, numbers, exemplars, series };
    return kind.type === 'stateset' ? { ...data, states } : data;
  }

  private lengths(shown: number): readonly [number, number] {
    const { type } = this.shape.kind;
    if (type === 'histogram') return [shown + 2, shown + 2];
    return type === 'summary' ? [2, 2 + shown] : [1, 1];
  }

  /** Returns the numbers of a cell in the order of `SeriesData.values`. */
  private valuesOf(path: BackendPath, numbers: readonly number[], ranks: number): number[] {
    const { kind } = this.shape;
    if (kind.type === 'info') return [1];
    if (kind.type === 'stateset') {
      const mask = new Float64Array(kind.guarded ? 4 : 1).fill(numbers[0]!);
      return kind.values(mask, this.shape, mask.length);
    }
    const before = this.before.get(path);
    const values = numbers.map((one, i) => one + (before?.[i] ?? 0));
    if (kind.type !== 'summary') return values;
    // The text format shows NaN for a quantile that is not known.
    return [...values, ...Array<number>(Math.max(0, 2 + ranks - values.length)).fill(NaN)];
  }

  private seriesOf(h: Handle): CellSeries {
    const { name, help, kind, aggregator, states, numbers } = this.shape;
    const labels = Object.fromEntries(this.labelsOf(h).labels);
    const shown = kind.shown(numbers);
    return {
      name,
      help,
      type: kind.type,
      labels,
      aggregator,
      ...(this.registry !== undefined && { registry: this.registry }),
      ...(kind.type === 'histogram' && { buckets: shown }),
      ...(kind.type === 'summary' && { quantiles: shown }),
      ...(kind.type === 'stateset' && { states }),
    };
  }

  /**
   * Opens the cell of a series, or has it opened when the backend can do that. Until then a waiting cell is in its
   * place, which also keeps the updates of this series that `open` itself makes.
   *
   * @returns false if the backend refuses the series: it is released
   */
  private opens(h: Handle, path: BackendPath, series: CellSeries): boolean {
    if (!this.place.ready) {
      if (!this.waits) {
        this.place.whenReady(() => {
          this.openAll();
        });
      }
      this.waits = true;
      return true;
    }
    const waiting = path.cell;
    let opened: Cell;
    try {
      opened = this.place.open(series);
    } catch (error) {
      this.release(h);
      return this.refuseFor(series, error);
    }
    path.cell = opened;
    if (h.path !== path) {
      // `open` has removed the series, and may have made it again.
      if (!(h.path instanceof BackendPath)) path.remove();
      return true;
    }
    try {
      if (waiting instanceof WaitingCell) waiting.moveTo(opened);
    } catch (error) {
      failed('update', path.series, error);
    }
    return true;
  }

  /** Opens the cells of all series, and tells them the updates that were kept. */
  private openAll(): void {
    this.waits = false;
    for (const h of [...this.born]) {
      if (!(h.path instanceof BackendPath) || !(h.path.cell instanceof WaitingCell)) continue;
      this.opens(h, h.path, h.path.cell.series);
    }
  }

  private refuseFor(series: CellSeries, error: unknown): false {
    if (codeOf(error) === 'ERR_MPMETRICS_LIMIT') return this.refuse(Refusal.Series);
    failed('open', nameOf(series), error);
    return this.refuse(null);
  }
}
