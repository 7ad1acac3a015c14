/** Counts in a program whose environment chooses the backend redis. Prints what a scrape of all hosts shows. */
const { Counter, backend, register } = require('mpmetrics');

new Counter({ name: 'c_total', help: 'h' }).inc(3);
const timer = setInterval(async () => {
  const text = await register.metrics({ scope: 'hosts' }).catch(() => '');
  if (!text.includes('c_total 3')) return;
  clearInterval(timer);
  process.stdout.write(`${JSON.stringify(backend())}\n`);
}, 100);
