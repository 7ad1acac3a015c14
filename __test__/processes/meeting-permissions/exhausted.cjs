/** Comes to its segment with so many descriptors left. */
const { openSync, closeSync } = require('node:fs');
const { count, show } = require('./report');
const left = Number(process.argv[2]);
// Whatever is loaded by the first warning, or the first line of output, is there.
process.emitWarning('first');
console.log('ready');
setTimeout(() => {
  const taken = [];
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {
    // There is none left.
  }
  for (let n = 0; n < left; n++) closeSync(taken.pop());
  count('x');
  for (const one of taken) closeSync(one);
  show('x').then(() => process.exit());
}, 100);
