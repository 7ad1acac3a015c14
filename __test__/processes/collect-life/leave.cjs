/** Ends at a random moment, in the way that argv names, in the middle of scrapes and callbacks. */
const { register } = require('mpmetrics');
const declareCallbacks = require('./callbacks.cjs');
declareCallbacks();
const begun = performance.now();
const end = Math.random() * 60;
const over = () => performance.now() - begun > end;
(async () => {
  while (!over()) await register.metrics();
  if (process.argv[2] === 'exit') process.exit(3);
  if (process.argv[2] === 'throw') throw new Error('uncaught');
})();
if (process.argv[2] === 'timer') setTimeout(() => process.exit(3), end);
