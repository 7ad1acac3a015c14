/**
 * Scrapes as often as its argument says. Prints how many scrapes showed each number of set states, for each enum, and
 * how many states of the two enums were set in at least one scrape.
 */
const { register } = require('mpmetrics');
const seen = {};
const states = new Set();
(async () => {
  for (let i = Number(process.argv[2]); i > 0; i--) {
    const text = await register.metrics();
    for (const name of ['recent', 'count']) {
      const rows = text.split('\n').filter((row) => row.startsWith(`${name}{`));
      const set = rows.filter((row) => !row.endsWith(' 0'));
      const key = `${name}: ${set.length} of ${rows.length}, ${set.map((row) => row.slice(-1))}`;
      seen[key] = (seen[key] ?? 0) + 1;
      for (const row of set) states.add(row);
    }
  }
  console.log(JSON.stringify([seen, states.size]));
})();
