/** `mpmetrics ls`: the applications whose segments are on this machine. */

import type { SegmentFacts } from '../native';
import { findApplications, nameOf, type Application } from './applications';
import type { Command } from './command';
import { ago, count, mebibytes, table, type Terminal } from './terminal';

const HEAD = [
  ...['APPLICATION', 'PID', 'PROCESSES', 'THREADS', 'SERIES', 'MEMORY', 'LAST SEEN', 'STATE'],
  'SEGMENT',
];

/** Columns of numbers. */
const RIGHT = [1, 2, 3, 4, 5];

export const ls: Command = {
  name: 'ls',
  synopsis: '[--json]',
  summary: 'the applications of this user, also dead ones',
  details: `Lists the segments in the directory that MPMETRICS_DIR names, or else in those in which mpmetrics
keeps them (/dev/shm, XDG_RUNTIME_DIR, the temporary directory), and that of MPMETRICS_SEGMENT:
processes and threads that live and have metrics, series, memory of its limit, and when the event
loop of one of them last ran. An application is dead when none of its processes lives; its segment
stays until another application of this user starts, or until "mpmetrics rm".

  --json    one object with all facts

Exit codes: 0, also if there are none; 1 if a segment cannot be read; 2 for a wrong command.`,
  options: { json: { type: 'boolean' } },
  most: 0,
  async run(_, { json }, terminal) {
    const { applications, unreadable } = await findApplications();
    if (json === true) {
      terminal.print(
        JSON.stringify({ applications: applications.map(plain), unreadable }, null, 2),
      );
    } else if (applications.length > 0) {
      print(applications, terminal);
    }
    for (const { reason } of unreadable) terminal.tell(reason);
    return unreadable.length === 0 ? 0 : 1;
  },
};

function print(applications: readonly Application[], terminal: Terminal): void {
  const rows = applications.map((one) => row(one, Date.now()));
  const lines = table([HEAD, ...rows], RIGHT);
  const paint = (line: string, i: number): string => {
    if (i === 0) return terminal.paint('bold', line);
    return applications[i - 1]!.facts.lives ? line : terminal.paint('grey', line);
  };
  terminal.print(lines.map(paint).join('\n'));
}

function row(application: Application, now: number): string[] {
  const { path, facts } = application;
  const { stats, root } = facts;
  const living = facts.writers.filter(({ lives }) => lives);
  return [
    nameOf(application),
    String(root?.pid ?? living[0]?.pid ?? '-'),
    count(new Set(living.map((writer) => writer.process)).size),
    count(living.length),
    count(stats.series),
    `${mebibytes(stats.usedBytes)} of ${mebibytes(stats.limitBytes)}`,
    ago(lastSeen(facts), now),
    facts.lives ? 'live' : 'dead',
    path,
  ];
}

/** Returns the Unix time at which a writer last showed life, or at least attached, in milliseconds. */
function lastSeen({ writers, attached }: SegmentFacts): number {
  return Math.max(attached, ...writers.map(({ seen }) => seen));
}

function plain(application: Application): object {
  const { path, facts } = application;
  return { application: nameOf(application), path, ...facts };
}
