/** What a spec of a backend works with: a registry whose metrics are in the backend, and what a scrape of it shows. */

import { strictEqual } from 'assert';

import { isCellBackend, type CellBackend } from '../backends';
import { shown } from '../errors';
import { Metric, ROSTER } from '../metrics';
import { Registry } from '../registry';
import { moveToBackend, moveToMemory, storageKind } from '../storage';

/** A backend of cells, or one of the two that this package has. */
export type TestedBackend = CellBackend | 'heap' | 'memory';

/** A spec: what it shows, and the function that throws or rejects if the backend is wrong. */
export interface Spec {
  readonly title: string;
  readonly run: (fixture: Fixture) => Promise<void>;
}

/** A spec of a backend's own methods. `heap` and `memory` have none. */
export interface CellSpec {
  readonly title: string;
  readonly run: (backend: CellBackend, name: string) => Promise<void>;
}

let made = 0;

/** Returns a name that no metric had, also not in an earlier run, because a store may keep its series. */
export function newName(): string {
  const random = Math.floor(Math.random() * 2 ** 40).toString(36);
  return `spec_${process.pid}_${++made}_${random}`;
}

export class Fixture {
  /** For the option `registers` of metrics. */
  readonly registers: [Registry];
  private readonly backend: TestedBackend;
  private readonly moved = new Set<Metric>();

  /** @throws TypeError if the backend is neither a name nor an object with `open` */
  constructor(backend: TestedBackend) {
    this.backend = backend;
    if (backend === 'heap') {
      strictEqual(storageKind(), 'heap', 'the heap is tested only if MPMETRICS_BACKEND=heap');
      this.registers = [new Registry({ name: newName() })];
    } else if (backend === 'memory' || isCellBackend(backend)) {
      this.registers = [new Registry({ shared: false })];
    } else {
      const rule = "a backend of cells, 'heap' or 'memory'";
      throw new TypeError(`describeBackend() needs ${rule}, and was given ${shown(backend)}`);
    }
  }

  /** Brings a metric of {@link registers} into the backend. Returns the metric. */
  metric<M extends object>(metric: M): M {
    if (typeof this.backend === 'string' || !(metric instanceof Metric)) return metric;
    const { backend } = this;
    const name = backend.name ?? backend.constructor.name;
    this.moved.add(metric);
    moveToBackend(metric[ROSTER], { backend, name, initialization: null }, undefined);
    return metric;
  }

  /**
   * Scrapes.
   *
   * @param name of a metric
   * @returns the value of each of its rows, by the row's name and labels as the text format prints them, without the
   *   metric's name: `{a="x"}`, `_bucket{le="+Inf"}`
   */
  async rows(name: string): Promise<Record<string, number>> {
    const lines = (await this.registers[0].metrics()).split('\n');
    const rows = lines.filter((line) => line.startsWith(name) && !line.startsWith('#'));
    const values = rows.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(name.length, end), numberOf(line.slice(end + 1))] as const;
    });
    return Object.fromEntries(values);
  }

  /** Removes all series, and closes the backend. */
  async end(): Promise<void> {
    for (const metric of this.moved) moveToMemory(metric[ROSTER]);
    this.registers[0].clear();
    if (typeof this.backend !== 'string') await this.backend.close?.();
  }
}

function numberOf(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text === 'Nan' ? 'NaN' : text);
}
