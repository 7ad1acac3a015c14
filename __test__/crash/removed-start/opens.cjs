/** Makes the metrics of the file `metrics`, and removes the segment's file as soon as this process has opened it. */
const { rmSync } = require('node:fs');
const { join } = require('node:path');
const { loadBinding } = require(join(require.resolve('mpmetrics'), '..', 'binding'));
module.exports = ({ perform }, metrics) => {
  const binding = loadBinding();
  const { openHeap } = binding;
  binding.openHeap = (...options) => {
    const heap = openHeap(...options);
    binding.openHeap = openHeap;
    rmSync(heap.path);
    return heap;
  };
  perform(metrics);
};
