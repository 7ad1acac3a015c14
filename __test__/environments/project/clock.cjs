/** A program that measures times, under a clock that a test sets. */
'use strict';

/**
 * @param client prom-client or mpmetrics
 * @param clock the test's clock: `set(ms)` sets the milliseconds since the epoch, `advance(ms)` adds to them
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
  // No timer fires by itself, so neither `collect` nor the scrape may wait for one.
  new client.Gauge({
    name: 'collected',
    help: 'c',
    async collect() {
      await null;
      this.setToCurrentTime();
    },
  });
  const text = await client.register.metrics();
  // Quantiles are left out, because the two clients estimate them in different ways.
  const lines = text.split('\n').filter((line) => !line.includes('quantile='));
  return { seconds, lines, rows: await now.get() };
};
