/** Runs a line: `<gauge> <method> <value>` updates a gauge, and `show` returns a scrape of both gauges. */
const { Gauge, register } = require('mpmetrics');
const { threadId } = require('node:worker_threads');
const gauges = {};
for (const aggregator of /** @type {const} */ (['all', 'mostrecent'])) {
  gauges[aggregator] = new Gauge({ name: aggregator, help: 'h', aggregator });
}
module.exports = async (line) => {
  const [gauge, call, value] = line.split(' ');
  if (gauge === 'show') {
    const text = await register.metrics();
    return JSON.stringify(text.split('\n').filter((row) => /^(all|mostrecent)/.test(row)));
  }
  gauges[gauge][call](Number(value));
  // Waits so long that the next update, of any process or thread, has a later time than this one.
  const now = Date.now();
  while (Date.now() <= now + 1);
  return String(threadId);
};
