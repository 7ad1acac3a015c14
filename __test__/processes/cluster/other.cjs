const client = require('mpmetrics');
new client.Counter({ name: 'c_total', help: 'h' }).inc(5000);
console.log('ready');
process.stdin.once('data', () => process.exit());
