/** Starts a real Prometheus, which scrapes every process of the demo, and queries the totals by PromQL. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds that Prometheus may take to start and to scrape all processes. */
const PATIENCE_MS = 60_000;

/** Queries for the totals that Prometheus scraped from each process. */
const QUERIES = {
  requests: 'sum by (instance) (http_requests_total)',
  observed: 'sum by (instance) (http_request_duration_seconds_count)',
  jobs: 'sum by (instance) (jobs_total)',
  p99: '1000 * histogram_quantile(0.99, sum by (instance, le) (http_request_duration_seconds_bucket))',
};

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Ends the demo with exit code 2 if Prometheus is not installed. Call it before anything is measured. */
export function checkPrometheus() {
  if (spawnSync('prometheus', ['--version']).status === 0) return;
  console.error(
    'The program prometheus was not found, which --prometheus needs: install it ' +
      '(Debian: apt-get install prometheus), or run the demo without --prometheus.',
  );
  process.exit(2);
}

/**
 * Scrapes the given ports with Prometheus, and queries the figures that it stored.
 *
 * @param {number[]} ports of /metrics
 * @returns {Promise<Map<number, { requests: number, byStatus: Record<string, number>, observed: number, jobs: number, p99: number }>>}
 *   figures by port
 */
export async function askPrometheus(ports) {
  const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-demo-'));
  const port = await freePort();
  const targets = ports.map((each) => `127.0.0.1:${each}`);
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [{ job_name: 'demo', static_configs: [{ targets }] }],
  };
  // JSON is valid YAML.
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const server = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const ended = once(server, 'exit');
  try {
    return await totals(`http://127.0.0.1:${port}`, ports);
  } finally {
    server.kill();
    await ended;
    rmSync(folder, { recursive: true });
  }
}

async function query(base, expression) {
  const response = await fetch(`${base}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const body = await response.json();
  if (body.status !== 'success') throw new Error(`${expression}: ${JSON.stringify(body)}`);
  return body.data.result;
}

/** Waits until every target has been scraped once. The load is over, so the first scrape has the final values. */
async function everyoneUp(base, ports) {
  const end = Date.now() + PATIENCE_MS;
  let up = [];
  while (Date.now() < end) {
    up = await query(base, 'up == 1').catch(() => []);
    if (up.length === ports.length) return;
    await sleep(200);
  }
  throw new Error(`Prometheus reached ${up.length} of ${ports.length} processes`);
}

async function totals(base, ports) {
  await everyoneUp(base, ports);
  const found = new Map(ports.map((port) => [port, { byStatus: {} }]));
  const of = ({ metric }) => found.get(Number(metric.instance.split(':')[1]));
  for (const [key, expression] of Object.entries(QUERIES)) {
    for (const row of await query(base, expression)) of(row)[key] = Number(row.value[1]);
  }
  for (const row of await query(base, 'sum by (instance, status) (http_requests_total)')) {
    of(row).byStatus[row.metric.status] = Number(row.value[1]);
  }
  return found;
}
