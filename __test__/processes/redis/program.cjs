/** Shares a counter, and ends without closing the share once stdin has a line. */
const { Counter } = require('mpmetrics');
const { redis } = require('mpmetrics/redis');

new Counter({ name: 'c_total', help: 'h' }).inc();
const share = redis({ url: process.argv[2], key: 'mp:{program}' });
share.flush().then(() => {
  process.stdout.write('flushed\n');
  process.stdin.once('data', () => process.exit());
});
