/** Scrapes one process and reads the demo's figures from the text. */

function parseLine(line) {
  const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [
    key,
    text,
  ]);
  return {
    name,
    labels: Object.fromEntries(pairs),
    value: Number(value.replace('Inf', 'Infinity')),
  };
}

/** Returns a quantile of a histogram, computed as Prometheus' `histogram_quantile` does. */
function quantile(share, buckets) {
  const total = buckets.at(-1)?.count ?? 0;
  if (total === 0) return Number.NaN;
  const rank = share * total;
  const index = buckets.findIndex(({ count }) => count >= rank);
  const below = index === 0 ? { bound: 0, count: 0 } : buckets[index - 1];
  const { bound, count } = buckets[index];
  if (bound === Infinity) return below.bound;
  return below.bound + ((bound - below.bound) * (rank - below.count)) / (count - below.count);
}

/**
 * Reads the demo's figures from a text of format 0.0.4.
 *
 * @param {string} text
 * @returns {{ requests: number, byStatus: Record<string, number>, observed: number, jobs: number, p50: number, p99: number }}
 *   quantiles in milliseconds
 */
export function figuresOf(text) {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const samples = lines.map(parseLine);
  const named = (name) => samples.filter((sample) => sample.name === name);
  const sum = (name) => named(name).reduce((total, { value }) => total + value, 0);
  const buckets = named('http_request_duration_seconds_bucket').map(({ labels, value }) => ({
    bound: Number(labels.le.replace('+Inf', 'Infinity')),
    count: value,
  }));
  const byStatus = {};
  for (const { labels, value } of named('http_requests_total')) {
    byStatus[labels.status] = (byStatus[labels.status] ?? 0) + value;
  }
  return {
    requests: sum('http_requests_total'),
    byStatus,
    observed: sum('http_request_duration_seconds_count'),
    jobs: sum('jobs_total'),
    p50: quantile(0.5, buckets) * 1000,
    p99: quantile(0.99, buckets) * 1000,
  };
}

/** Scrapes one process. @param {number} port */
export async function scrape(port) {
  const start = performance.now();
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  const text = await response.text();
  if (!response.ok) throw new Error(`port ${port} answered ${response.status}: ${text}`);
  return { ...figuresOf(text), milliseconds: performance.now() - start };
}
