/**
 * Observes without end. The histogram observes 1. The summary observes 1, then twice 4, four times 1, eight times 4 and
 * so on, and is reset after 48 such turns. Each turn makes one observation more than all turns before it together, so
 * the sum and the median follow from the count. A scrape reads many empty buckets before those of 1 and 4, so that
 * there is time for a torn read.
 */
/** Values whose buckets are made and, after the reset, stay empty. */
const OTHERS = Array.from({ length: 60 }, (_, n) => 2 ** (n + 3));
const { Histogram, Summary } = require('mpmetrics');
const histogram = new Histogram({ name: 'work', help: 'w', buckets: [0.5, 1, 2] });
const summary = new Summary({ name: 'size', help: 's', percentiles: [0.5] });
for (const value of [1, 4, ...OTHERS]) summary.observe(value);
summary.reset();
let turn = 0;
setInterval(() => {
  for (let round = 0; round < 1_000; round++) {
    for (let i = 0; i < 2_000; i++) histogram.observe(1);
    if (turn === 48) summary.reset();
    turn %= 48;
    summary.observe(turn % 2 === 0 ? 1 : 4, 2 ** turn++);
  }
}, 0);
