/**
 * Counts a job, and starts to push to the gateway at `url` in an interval, as `kept.running`.
 */
module.exports = ({ mpmetrics, kept }, url, options) => {
  kept.jobs ??= new mpmetrics.Counter({ name: 'jobs_total', help: 'h' });
  kept.jobs.inc();
  kept.running = new mpmetrics.Pushgateway(url).start(options);
};
