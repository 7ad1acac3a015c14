/** The control: makes the same stores to the same cells as `writer.cjs`, but none to the sequence words. */
const { join } = require('node:path');
/** Values whose buckets are made and stay empty. */
const OTHERS = Array.from({ length: 60 }, (_, n) => 2 ** (n + 3));
const part = (name) => require(join(require.resolve('mpmetrics'), '..', name));
const heap = part('binding')
  .loadBinding()
  .openHeap({ path: process.env.MPMETRICS_SEGMENT, create: true });
const { bucketOf, CELLS } = part('storage');
const writer = heap.writer(0);
const out = new Uint32Array(8);
/** Makes a series. Returns its slab, the index of its first cell there, its number and its generation. */
function bind(name, type, numbers) {
  const spec = {
    tag: 'default',
    name,
    help: 'w',
    type,
    aggregator: 'sum',
    labelNames: [],
    states: [],
  };
  writer.bind(writer.family({ ...spec, numbers: new Float64Array(numbers) }, 0), '', '', out);
  return [out[1], out[2], out[6], out[5]];
}
const [slab, first] = bind('work', 'histogram', [0.5, 1, 2]);
const cells = new Float64Array(writer.slab(slab));
const bucket = first + 2,
  sum = first + 5;
const size = bind('size', 'summary', [0, 1, 0, 0.5]);
const i = size[1];
const sizes = new Float64Array(writer.slab(size[0]));
// The smallest and the largest value.
sizes[i + 6] = 1;
sizes[i + 7] = 4;
const values = [1, 4, ...OTHERS].map((value) => {
  const place = new Uint32Array(3);
  writer.buckets(...size, Math.floor(bucketOf(value) / CELLS), place);
  const counts = new Float64Array(writer.slab(place[1]));
  return { value, counts, at: place[2] + (bucketOf(value) % CELLS) };
});
let turn = 0;
setInterval(() => {
  for (let round = 0; round < 1_000; round++) {
    for (let n = 0; n < 2_000; n++) {
      cells[bucket] += 1;
      cells[sum] += 1;
    }
    if (turn === 48) {
      sizes[i + 1] = sizes[i + 2] = 0;
      for (const { counts, at } of values.slice(0, 2)) counts[at] = 0;
    }
    turn %= 48;
    const { value, counts, at } = values[turn % 2];
    const times = 2 ** turn++;
    sizes[i + 1] += times;
    sizes[i + 2] += times * value;
    counts[at] += times;
  }
}, 0);
