/** Scrapes: milliseconds to the whole text, and what event loops feel of it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { median } from './numbers.mjs';

const SCENARIOS = [
  {
    title: '10k counter series, one process',
    scenario: { type: 'Counter', series: 10_000, workers: 0 },
    target: { ratio: 10, gap: 2 },
  },
  {
    title: '8 workers × the same 1k histogram label sets',
    scenario: { type: 'Histogram', series: 1000, workers: 8 },
    target: { ratio: 40 },
  },
  {
    title: '8 workers × the same 5k histogram label sets',
    scenario: { type: 'Histogram', series: 5000, workers: 8 },
    target: { milliseconds: 150 },
  },
];

/**
 * Runs a scenario in processes and a directory of its own: as children of this process all scenarios
 * would be one application, and share one segment.
 */
async function measure(scenario) {
  const directory = mkdtempSync(
    join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mpmetrics-bench-'),
  );
  try {
    return await measureIn(directory, scenario);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function measureIn(directory, scenario) {
  const script = fileURLToPath(new URL('scraped.mjs', import.meta.url));
  const child = fork(script, [JSON.stringify(scenario)], {
    // Named, because the directory of what this process measured itself is inherited.
    env: { ...process.env, MPMETRICS_SEGMENT: join(directory, 'bench.heap') },
  });
  const [result] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => [{ failure: `exited with ${code}` }]),
  ]);
  if (child.exitCode === null) await once(child, 'exit');
  if (result.failure !== undefined) return { failure: result.failure };
  const middle = (values) => (values.length > 0 ? median(values) : undefined);
  return {
    milliseconds: median(result.milliseconds),
    gap: middle(result.gaps),
    workerGap: middle(result.workerGaps),
    control: result.control,
  };
}

/**
 * @param {{ runs: number, say: (text: string) => void }} options
 * @returns {Promise<{ title: string, target: object, ours: object, theirs: object }[]>}
 */
export async function measureScrapes({ runs, say }) {
  const rows = [];
  for (const { title, scenario, target } of SCENARIOS) {
    const figures = {};
    for (const client of ['mpmetrics', 'prom-client']) {
      say(`scrapes: ${title}, ${client}`);
      figures[client] = await measure({ ...scenario, client, runs });
    }
    const { mpmetrics: ours, 'prom-client': theirs } = figures;
    if (ours.failure !== undefined) throw new Error(`${title}: ${ours.failure}`);
    rows.push({ title, target, ours, theirs });
  }
  return rows;
}
