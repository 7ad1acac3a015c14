/** What a program sees of time, under a clock that a test sets. */
'use strict';

/**
 * @param client prom-client, or what is in its place
 * @param clock `set(ms)` since the epoch, and `advance(ms)`
 */
exports.told = async (client, clock) => {
  clock.set(Date.UTC(2030, 0, 1));
  const now = new client.Gauge({ name: 'now', help: 'n' });
  now.setToCurrentTime();
  const timed = [client.Gauge, client.Histogram, client.Summary].map(
    (Metric) => new Metric({ name: Metric.name.toLowerCase(), help: 't', labelNames: ['a'] }),
  );
  const ends = timed.map((metric) => metric.startTimer({ a: 'x' }));
  clock.advance(1500);
  const seconds = ends.map((end) => end());
  const child = timed[1].labels('y').startTimer();
  clock.advance(250);
  child();
  // In `collect`, and through the whole scrape, no timer fires by itself.
  new client.Gauge({
    name: 'collected',
    help: 'c',
    async collect() {
      await null;
      this.setToCurrentTime();
    },
  });
  const text = await client.register.metrics();
  // Quantiles are estimates, of one kind here and of another there.
  const lines = text.split('\n').filter((line) => !line.includes('quantile='));
  return { seconds, lines, rows: await now.get() };
};
