/** A cluster whose two workers count, and whose primary prints a scrape after they have ended. */
import cluster from 'node:cluster';
import { Counter, Histogram, register } from 'mpmetrics';
const jobs = new Counter({ name: 'jobs_total', help: 'h', labelNames: ['kind'] });
const took = new Histogram({ name: 'took', help: 'h', buckets: [1, 2] });
if (cluster.isPrimary) {
  let left = 2;
  cluster.on('exit', async () => {
    if (--left > 0) return;
    console.log(JSON.stringify((await register.metrics()).split('\n')));
  });
  cluster.fork();
  cluster.fork();
} else {
  jobs.inc({ kind: 'a' }, 2);
  took.observe(1.5);
  cluster.worker.disconnect();
}
