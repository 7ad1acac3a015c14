/** `mpmetrics check`: whether a segment is well, how full it is, and what was refused. */

import { REFUSALS, type SegmentReading } from '../native';
import { readSegment } from '../segment-reader';
import { chooseApplication, nameOf } from './applications';
import type { Command } from './command';
import { findings, limits, type Finding } from './findings';
import { ago, count, counted, table, type Terminal } from './terminal';

/** The settings that each refusal depends on, for people. */
const REASONS: Readonly<Record<(typeof REFUSALS)[number], string>> = {
  memory: 'the segment has its maximum size (maxBytes), or the file system is full',
  series: 'all metrics together have maxSeries series',
  metric_series: 'the metric has maxSeriesPerMetric series',
  label_value: 'a value is longer than maxLabelValueBytes',
  label_text: 'label texts have maxTextBytes bytes',
  layout: 'a table of the segment is full, or a text is too long for it',
  busy: 'too many new series waited for the heap lock',
};

export const check: Command = {
  name: 'check',
  synopsis: '[APP] [--json]',
  summary: 'whether a segment is well, how full it is, what was refused',
  details: `APP is the name of the application's package, a pid, or the path of its segment; it can be left
out where only one lives. Prints the processes, the fill against each limit, the ten metrics with
most series, the updates that were refused and why, and a line for each thing that is checked.

  --json    one object with all of that

Exit codes: 0 if all is well; 1 if something is not, or the segment cannot be read; 2 for a wrong
command, or if APP is no application or several.`,
  options: { json: { type: 'boolean' } },
  most: 1,
  async run([app], { json }, terminal) {
    const application = await chooseApplication(app);
    const reading = await readSegment(application.path, 'application');
    const found = findings(reading);
    if (json === true) {
      const { facts, torn, damaged } = reading;
      const name = nameOf(application);
      const all = {
        application: name,
        path: application.path,
        ...facts,
        torn,
        damaged,
        findings: found,
      };
      terminal.print(JSON.stringify(all, null, 2));
    } else {
      print(nameOf(application), application.path, reading, found, terminal);
    }
    return found.every(({ good }) => good) ? 0 : 1;
  },
};

function print(
  name: string,
  path: string,
  reading: SegmentReading,
  found: readonly Finding[],
  terminal: Terminal,
): void {
  const sections: [string, string[]][] = [
    ['processes', processes(reading)],
    ['limits', limits(reading)],
    ['metrics with most series', largest(reading).map((line) => terminal.shown(line))],
    ['refused updates', refused(reading)],
  ];
  const state = reading.facts.lives ? 'live' : 'dead';
  terminal.print(`${terminal.paint('bold', name)} (${state}): ${path}`);
  if (reading.facts.script !== undefined) terminal.print(`script: ${reading.facts.script}`);
  for (const [title, lines] of sections) {
    terminal.print(
      ['', terminal.paint('bold', title), ...lines.map((line) => `  ${line}`)].join('\n'),
    );
  }
  terminal.print('');
  for (const { good, sentence } of found) {
    terminal.print(
      good
        ? `${terminal.paint('green', '✓')} ${sentence}`
        : `${terminal.paint('red', '✗')} ${sentence}`,
    );
  }
}

function processes({ facts }: SegmentReading): string[] {
  const now = Date.now();
  const rows = facts.writers.map(({ pid, worker, thread, lives, claimed, seen }) => [
    `pid ${pid}`,
    worker === 0 ? '' : `worker ${worker}`,
    thread === 0 ? '' : `thread ${thread}`,
    lives ? `live, last seen ${ago(seen || claimed, now)}` : 'dead, its counts are kept',
  ]);
  return rows.length === 0 ? ['none has made a metric'] : table(rows, []);
}

function largest({ facts }: SegmentReading): string[] {
  const rows = facts.largest.map(({ name, series }) => [count(series), name]);
  return rows.length === 0 ? ['none'] : table(rows, [0]);
}

function refused({ facts: { stats } }: SegmentReading): string[] {
  const lines = REFUSALS.flatMap((reason, i) => {
    const number = stats.dropped[i] ?? 0;
    return number === 0 ? [] : [`${count(number)}: ${REASONS[reason]} (${reason})`];
  });
  const others: [number, string][] = [
    [stats.droppedExemplars, 'exemplars were not recorded'],
    [stats.droppedLives, 'ended lives are not shown'],
    [stats.unrankedObservations, 'observations are in no quantile'],
    [stats.clampedObservations, 'observations count in the nearest bucket of a summary'],
  ];
  lines.push(
    ...others.filter(([n]) => n > 0).map(([n, what]) => `${counted(n, 'time', 'times')}: ${what}`),
  );
  return lines.length === 0 ? ['none'] : lines;
}
