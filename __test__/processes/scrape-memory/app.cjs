const { Counter, register } = require('mpmetrics');
const counter = new Counter({ name: 'requests_total', help: 'r', labelNames: ['route'] });
const [series, scrapes] = process.argv.slice(2).map(Number);
for (let i = 0; i < series; i++)
  counter.inc({ route: '/a/route/of/some/length/' + String(i).padStart(8, '0') });
(async () => {
  let length = 0;
  let first = 0;
  let most = 0;
  for (let i = 0; i < scrapes; i++) {
    length = (await register.metrics()).length;
    const resident = process.memoryUsage.rss();
    if (i < scrapes / 10) first = Math.max(first, resident);
    else most = Math.max(most, resident);
  }
  console.log(JSON.stringify({ length, grown: most - first }));
})();
