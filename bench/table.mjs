/** Measurements as Markdown. */
import { cpus, release, totalmem } from 'node:os';

import { digits } from './numbers.mjs';

function markdown(head, rows) {
  const rule = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const verdict = (good) => (good === undefined ? '' : good ? 'yes' : '**no**');

/** @param {Awaited<ReturnType<import('./micro.mjs').measureUpdates>>} rows */
export function updateTable(rows) {
  const head = ['update', 'mpmetrics, ns', 'prom-client, ns', 'ratio', 'at least', 'reached'];
  const cells = rows.map(({ title, target, ours, theirs }) => {
    const ratio = theirs / ours;
    const goal = target === undefined ? ['', ''] : [`${target} ×`, verdict(ratio >= target)];
    return [title, digits(ours), digits(theirs), `${digits(ratio)} ×`, ...goal];
  });
  return markdown(head, cells);
}

function scrapeGoal({ target, ours, theirs }) {
  const goals = [];
  // A scrape of prom-client's that failed has no time to compare with.
  const ratio = theirs.failure === undefined ? theirs.milliseconds / ours.milliseconds : Infinity;
  if (target.ratio !== undefined) goals.push([`${target.ratio} ×`, ratio >= target.ratio]);
  if (target.milliseconds !== undefined) {
    goals.push([`under ${target.milliseconds} ms`, ours.milliseconds < target.milliseconds]);
  }
  if (target.gap !== undefined) goals.push([`gap under ${target.gap} ms`, ours.gap < target.gap]);
  return [goals.map(([text]) => text).join(', '), verdict(goals.every(([, good]) => good))];
}

/** @param {Awaited<ReturnType<import('./scrape.mjs').measureScrapes>>} rows */
export function scrapeTable(rows) {
  const head = [
    ...['scrape', 'mpmetrics, ms', 'prom-client, ms', 'ratio', 'to reach', 'reached'],
    ...['gap in the scraping process, ms', 'gap in a worker, ms', 'control, ms'],
  ];
  const pair = (ours, theirs) => {
    const text = [ours, theirs].map((value) => (value === undefined ? '–' : digits(value)));
    return `${text[0]} (prom-client ${text[1]})`;
  };
  const cells = rows.map((row) => {
    const { title, ours, theirs } = row;
    const failed = theirs.failure !== undefined;
    return [
      title,
      digits(ours.milliseconds),
      failed ? `failed: ${theirs.failure}` : digits(theirs.milliseconds),
      failed ? '–' : `${digits(theirs.milliseconds / ours.milliseconds)} ×`,
      ...scrapeGoal(row),
      pair(ours.gap, theirs.gap),
      ours.workerGap === undefined ? '–' : pair(ours.workerGap, theirs.workerGap),
      digits(ours.control),
    ];
  });
  return markdown(head, cells);
}

/** @param {Awaited<ReturnType<import('./memory.mjs').measureMemory>>} figures */
export function memoryTable({ first, further, target }) {
  const head = ['shared memory of a counter series', 'bytes', 'at most', 'reached'];
  return markdown(head, [
    ['first writer, with its directory entry', digits(first), '', ''],
    ['each further writer', digits(further), String(target), verdict(further <= target)],
  ]);
}

/** What it was measured on. */
export function machine() {
  const [cpu] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return (
    `Measured on ${new Date().toISOString().slice(0, 10)}: ${cpu.model.trim()}, ${cpus().length} ` +
    `processors, ${memory}, Linux ${release()}, Node.js ${process.versions.node}.`
  );
}
