/**
 * Observes for ever, as the package does it: 1 in a histogram; in a summary in turn 1 and 4, each as often as all
 * before together and once more, until it begins from zero. So the count tells the sum, and which one the median is.
 * Their buckets are read last, after those of many values that are forgotten, so that there is time to tear them.
 */
/** Values whose buckets are there, and empty. */
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
