/** Scrapes when it is told to, and says how long that took. */
const { register } = require('mpmetrics');
require('node:readline')
  .createInterface(process.stdin)
  .on('line', async () => {
    const begun = performance.now();
    const text = await register.metrics();
    console.log(JSON.stringify({ text, ms: performance.now() - begun }));
  });
