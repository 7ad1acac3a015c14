/**
 * Counts in a metric, and prints which backend is in use and what a scrape shows. `FIRST` is code that runs before:
 * `configure()`, for example.
 */
const mpmetrics = require('mpmetrics');

const said = process.env.FIRST ?? '';
const print = (result) => {
  process.stdout.write(`${JSON.stringify(result)}\n`);
};

async function main() {
  new Function('mpmetrics', said)(mpmetrics);
  const counter = new mpmetrics.Counter({ name: 'c', help: 'h', labelNames: ['a'] });
  for (let a = 0; a < 4; a++) counter.inc({ a }, a);
  const rows = (await counter.get()).values.map(({ value, labels }) => `${labels.a}=${value}`);
  print({ ...mpmetrics.backend(), rows: rows.join(), told: globalThis.told });
}

main().catch((error) => {
  print({ code: error.code, message: error.message });
});
