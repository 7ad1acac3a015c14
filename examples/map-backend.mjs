/**
 * A backend of cells in a Map, as the beginning of one for a store of your own:
 *
 *     MPMETRICS_BACKEND=./examples/map-backend.mjs node server.js
 *
 * `describeBackend()` of `mpmetrics/testing` shows that it is right.
 */

/** The numbers of one series, in the order in which `get()` returns them. */
class MapCell {
  constructor(backend, key, { type, buckets = [] }) {
    this.backend = backend;
    this.key = key;
    this.buckets = buckets;
    this.length = { histogram: buckets.length + 2, summary: 2 }[type] ?? 1;
  }

  /** A series that nothing was counted in is not in the Map. */
  get numbers() {
    const { map } = this.backend;
    if (!map.has(this.key)) map.set(this.key, Array(this.length).fill(0));
    return map.get(this.key);
  }

  inc(by) {
    this.numbers[0] += by;
  }

  set(value) {
    this.numbers[0] = value;
  }

  /** Adds to the sum, and to the count of the bucket; a summary has one count. */
  observe(value, times) {
    const { numbers } = this;
    const bucket = this.buckets.findIndex((bound) => value <= bound);
    numbers[0] += value * times;
    numbers[bucket === -1 ? this.length - 1 : bucket + 1] += times;
  }

  get() {
    return [...this.numbers];
  }

  remove() {
    this.backend.map.delete(this.key);
  }
}

export default class MapBackend {
  /** Every series' numbers. */
  map = new Map();

  open(series) {
    const labels = Object.entries(series.labels).sort();
    const key = JSON.stringify([series.registry, series.name, ...labels]);
    return new MapCell(this, key, series);
  }
}
