/** Makes its first metric, and so attaches to a segment, when only a few descriptors are left. */
const { openSync, closeSync } = require('node:fs');
const { count, show } = require('./report');
const left = Number(process.argv[2]);
// The first warning and the first line of output may open files, so they come before the descriptors are used up.
process.emitWarning('first');
console.log('ready');
setTimeout(() => {
  const taken = [];
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {
    // No descriptor is left.
  }
  for (let n = 0; n < left; n++) closeSync(taken.pop());
  count('x');
  for (const one of taken) closeSync(one);
  show('x').then(() => process.exit());
}, 100);
