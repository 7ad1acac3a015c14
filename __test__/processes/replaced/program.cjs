const { Counter, register } = require('mpmetrics');
const names = process.argv.slice(2).filter((name) => !name.startsWith('-'));
for (const name of names) new Counter({ name, help: 'h' }).inc();
register.metrics().then((text) => {
  const seen = Object.fromEntries(
    Array.from(text.matchAll(/^(\w+) (\d+)$/gm), ([, name, n]) => [name, Number(n)]),
  );
  console.log(JSON.stringify(seen));
  if (process.argv.includes('--stay')) setInterval(() => {}, 1000);
  else process.exitCode = 0;
});
process.on('message', () => process.exit());
if (!process.argv.includes('--stay')) process.disconnect?.();
