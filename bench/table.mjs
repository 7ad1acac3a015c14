/** Formats measurements as Markdown tables. */
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

/** @param {Awaited<ReturnType<import('./builds.mjs').measureBuilds>>} rows */
export function buildsTable(rows) {
  const head = ['update', 'this build, ns', 'the other build, ns', 'ratio'];
  const cells = rows.map(({ title, ours, theirs }) => {
    return [title, digits(ours), digits(theirs), digits(ours / theirs)];
  });
  return markdown(head, cells);
}

/** @param {Awaited<ReturnType<import('./server.mjs').measureServers>>} rows */
export function serverTable(rows) {
  const head = [
    ...['server', 'requests/s', 'CPU µs a request', 'p50, ms', 'p99.9, ms'],
    'CPU of the scraped primary, ms/s',
  ];
  const cells = rows.map(({ title, perSecond, cpu, middle, slowest, primary }) => [
    ...[title, String(Math.round(perSecond)), digits(cpu), digits(middle), digits(slowest)],
    digits(primary),
  ]);
  return markdown(head, cells);
}

/** @param {Awaited<ReturnType<import('./hooks.mjs').measureHooks>>} rows */
export function hooksTable(rows) {
  const head = ['hooks of a request', 'mpmetrics, ns', 'the other, ns', 'ratio', 'the other'];
  const cells = rows.map(({ title, other, ours, theirs }) => [
    ...[title, digits(ours), digits(theirs), `${digits(theirs / ours)} ×`, other],
  ]);
  return markdown(head, cells);
}

/** @param {Awaited<ReturnType<import('./start.mjs').measureStart>>} rows */
export function startTable(rows) {
  const head = [
    ...['start', 'mpmetrics, ms of CPU', 'prom-client, ms of CPU', 'ratio', 'at least', 'reached'],
    ...['files', 'files of prom-client'],
  ];
  const cells = rows.map(({ title, ours, theirs, oursFiles, theirsFiles }) => {
    const ratio = theirs / ours;
    const goal = ['1 ×', verdict(ratio >= 1)];
    return [
      title,
      digits(ours),
      digits(theirs),
      `${digits(ratio)} ×`,
      ...goal,
      oursFiles,
      theirsFiles,
    ];
  });
  return markdown(head, cells);
}

function scrapeGoal({ target, ours, theirs }) {
  const goals = [];
  // If prom-client's scrape failed, there is no time to compare with, and every ratio is reached.
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

/** @param {Awaited<ReturnType<import('./scaling.mjs').measureScaling>>} rows */
export function scalingTable(rows) {
  const head = [
    ...['writers on one series', 'shared, million updates/s each', 'private memory', 'ratio'],
    ...['at least', 'reached'],
  ];
  const cells = rows.map(({ title, shared, private: control, target }) => {
    const ratio = shared / control;
    const goal = target === undefined ? ['', ''] : [String(target), verdict(ratio >= target)];
    return [title, digits(shared / 1e6), digits(control / 1e6), digits(ratio), ...goal];
  });
  return markdown(head, cells);
}

/** @param {Awaited<ReturnType<import('./registering.mjs').measureRegistering>>} rows */
export function registeringTable(rows) {
  const head = [
    'making counter series',
    'mpmetrics, ms',
    'prom-client, ms',
    'mpmetrics, µs a series',
  ];
  const cells = rows.map(({ title, series, ours, theirs }) => [
    ...[title, digits(ours), digits(theirs)],
    digits((ours / series) * 1000),
  ]);
  return markdown(head, cells);
}

/** @param {Awaited<ReturnType<import('./ring.mjs').measureRing>>} rows */
export function ringTable(rows) {
  const head = ['scrape with `collect` callbacks', 'longest, ms', 'at most, ms', 'reached'];
  const cells = rows.map(({ title, milliseconds, limit }) => [
    ...[title, digits(milliseconds)],
    ...(limit === undefined ? ['', ''] : [String(limit), verdict(milliseconds <= limit)]),
  ]);
  return markdown(head, cells);
}

/** @param {Awaited<ReturnType<import('./hosts.mjs').measureHosts>>} figures */
export function hostsTable({ hosts, series, increments, ...ours }) {
  const many = (number) => number.toLocaleString('en-US');
  const head = [
    `${hosts} hosts × ${many(series)} series`,
    'mpmetrics',
    'an increment each',
    'ratio',
  ];
  const row = (title, own, theirs, unit) => [
    ...[title, `${digits(own)} ${unit}`, `${digits(theirs)} ${unit}`, digits(theirs / own)],
  ];
  const mib = 1024 * 1024;
  return markdown(head, [
    row(
      `an update of each of ${many(series)} series, pipelined`,
      ours.update,
      increments.pipelined,
      'ms',
    ),
    row('the same, each awaited', ours.update, increments.single, 'ms'),
    row('reading all', ours.scrape, increments.read, 'ms'),
    [...['reading all, again', `${digits(ours.again)} ms`, '', '']],
    row('memory in Redis', ours.bytes / mib, increments.bytes / mib, 'MiB'),
    [...['CPU time of a host in a second, not shared', `${digits(ours.idle)} ms`, '', '']],
    [...['the same, shared', `${digits(ours.shared)} ms`, '', '']],
  ]);
}

/** @param {Awaited<ReturnType<import('./memory.mjs').measureMemory>>} figures */
export function memoryTable({ first, further, process: idle, resident, target }) {
  const series = markdown(
    ['shared memory', 'bytes', 'at most', 'reached'],
    [
      ['a counter series: first writer, with its directory entry', digits(first), '', ''],
      [
        'a counter series: each further writer',
        digits(further),
        target,
        verdict(further <= target),
      ],
      ['a further process with one metric', Math.round(idle), '', ''],
    ],
  );
  const bytes = (value) => `${digits(value / 2 ** 20)} MiB`;
  const processes = markdown(
    ['resident memory over that of Node.js alone', 'mpmetrics', 'prom-client'],
    [['an idle process with one metric', bytes(resident.ours), bytes(resident.theirs)]],
  );
  return `${series}\n\n${processes}`;
}

/** Describes the date and the machine of the measurement. */
export function machine() {
  const [cpu] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return (
    `Measured on ${new Date().toISOString().slice(0, 10)}: ${cpu.model.trim()}, ${cpus().length} ` +
    `processors, ${memory}, Linux ${release()}, Node.js ${process.versions.node}.`
  );
}
