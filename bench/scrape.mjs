/** Measures scrapes: milliseconds until the text is complete, and how long a scrape blocks event loops. */
import { ended, hear, start, withSegment } from './heap.mjs';
import { median } from './numbers.mjs';

const SCENARIOS = [
  {
    title: '10k counter series, one process',
    scenario: { type: 'Counter', series: 10_000, workers: 0 },
    target: { ratio: 10, gap: 2 },
  },
  {
    title: '100k counter series, one process',
    scenario: { type: 'Counter', series: 100_000, workers: 0 },
    target: { ratio: 10 },
  },
  {
    title: '10k histogram label sets, one process',
    scenario: { type: 'Histogram', series: 10_000, workers: 0 },
    target: {},
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

/** Measures a scenario in processes and a segment of its own. */
async function measure(scenario) {
  const result = await withSegment(async (segment) => {
    const child = start('scraped.mjs', scenario, segment);
    const heard = await hear(child);
    await ended(child);
    return heard;
  });
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
