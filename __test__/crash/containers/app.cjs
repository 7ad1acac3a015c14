const cluster = require('cluster');
const [, , shape, count, mark] = process.argv;
if (shape !== 'alone' && cluster.isPrimary) {
  cluster.fork();
  if (shape === 'primary') new (require('mpmetrics').Gauge)({ name: 'up', help: 'u' }).set(1);
} else {
  const { Counter, Histogram, register } = require('mpmetrics');
  const seconds = new Histogram({ name: 'seconds', help: 's', labelNames: ['route'] });
  for (let route = 0; route < Number(count); route++) seconds.observe({ route }, 0.5);
  const starts = new Counter({ name: 'starts_total', help: 's', labelNames: ['mark'] });
  starts.inc({ mark });
  register.metrics().then((text) => {
    const shown = text.match(/^seconds_count/gm)?.length ?? 0;
    console.log(JSON.stringify({ shown, starts: text.match(/^starts_total.*/gm) }));
  });
}
setInterval(() => {}, 1000);
