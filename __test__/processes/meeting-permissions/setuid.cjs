/** A worker changes from root to the user in argv, between two updates. */
const cluster = require('node:cluster');
const { Gauge, Counter, register } = require('mpmetrics');
const user = Number(process.argv[2]);
const counter = new Counter({ name: 'c', help: 'c', labelNames: ['when'] });
if (cluster.isPrimary) {
  counter.inc({ when: 'primary' });
  cluster.fork().on('message', async () => {
    console.log(JSON.stringify(await register.metrics()));
    process.exit();
  });
} else {
  counter.inc({ when: 'before' });
  process.setgid(user);
  process.setuid(user);
  counter.inc({ when: 'after' });
  register
    .metrics()
    .then((text) => {
      new Gauge({ name: 'late', help: 'l' }).set(1);
      new Counter({ name: 'seen', help: 's' }).inc(text.split('primary').length - 1);
      return register.metrics();
    })
    .then(() => process.send('done'));
}
