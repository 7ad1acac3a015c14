/** Scrapes for each line of stdin. Prints the text and how long the scrape took, in milliseconds. */
const { register } = require('mpmetrics');
require('node:readline')
  .createInterface(process.stdin)
  .on('line', async () => {
    const begun = performance.now();
    const text = await register.metrics();
    console.log(JSON.stringify({ text, ms: performance.now() - begun }));
  });
