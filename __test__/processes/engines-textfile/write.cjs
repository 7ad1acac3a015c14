/** Writes FILE every 0.05 seconds, with a counter named NAME, until it is told on stdin to end the writing. */
const { Counter, register, textfile } = require('mpmetrics');

new Counter({ name: process.env.NAME, help: 'h' }).inc();
const stop = textfile({ path: process.env.FILE, intervalSeconds: 0.05 });
console.log(JSON.stringify(process.pid));
process.stdin.once('data', async () => {
  await stop();
  console.log(JSON.stringify(await register.metrics()));
});
