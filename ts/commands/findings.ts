/** What `mpmetrics check` finds out about a segment. */

import type { SegmentReading } from '../native';
import { count, counted, mebibytes, table } from './terminal';

/** One thing that was checked. */
export interface Finding {
  readonly good: boolean;
  readonly sentence: string;
}

/** The share of a limit from which on a segment is not well: what is new will soon be refused. */
const NEARLY_FULL = 0.9;

/** A limit, and how much of it is used. */
interface Limit {
  readonly name: string;
  readonly used: number;
  readonly most: number;
  readonly show: (number: number) => string;
}

function limitsOf({ facts: { stats, limits, textBytes, largest } }: SegmentReading): Limit[] {
  const all: Limit[] = [
    { name: 'memory', used: stats.usedBytes, most: stats.limitBytes, show: mebibytes },
    { name: 'series', used: stats.series, most: limits.series ?? 0, show: count },
    {
      name: 'series of one metric',
      used: largest[0]?.series ?? 0,
      most: limits.familySeries ?? 0,
      show: count,
    },
    { name: 'label text', used: textBytes, most: limits.textBytes ?? 0, show: mebibytes },
  ];
  // 0 is no limit.
  return all.filter(({ most }) => most > 0);
}

/** Returns a line for each limit: how much of it is used. */
export function limits(reading: SegmentReading): string[] {
  const rows = limitsOf(reading).map(({ name, used, most, show }) => [
    name,
    `${show(used)} of ${show(most)}`,
    `${String(Math.floor((used / most) * 100))} %`,
  ]);
  return table(rows, [2]);
}

/** Checks a segment. */
export function findings(reading: SegmentReading): Finding[] {
  const { facts, damaged, torn } = reading;
  const { stats } = facts;
  const found: Finding[] = [];
  const check = (good: boolean, well: string, otherwise: string): void => {
    found.push({ good, sentence: good ? well : otherwise });
  };
  check(
    damaged === 0 && stats.damagedReads === 0,
    'no record is damaged',
    damaged > 0
      ? `${counted(damaged, 'record is', 'records are')} damaged and left out: restart the application`
      : `scrapes left out ${counted(stats.damagedReads, 'damaged record')} so far`,
  );
  // While a series is made or removed, the numbers may differ for a moment.
  const settled = !facts.lives && !facts.changing;
  check(
    !settled || facts.countedSeries === stats.series,
    'the number of series is right',
    `${counted(facts.countedSeries, 'series lives', 'series live')}, and the header says ${count(stats.series)}`,
  );
  const full = limitsOf(reading).filter(({ used, most }) => used >= most * NEARLY_FULL);
  check(
    full.length === 0,
    'no limit is near',
    `${full.map(({ name }) => name).join(', ')}: more than ${String(NEARLY_FULL * 100)} % of the limit`,
  );
  const dropped = stats.dropped.reduce((sum, number) => sum + number, 0);
  check(
    dropped === 0,
    'no update was refused',
    `${counted(dropped, 'update was', 'updates were')} refused: see above why`,
  );
  check(
    stats.lockTimeouts === 0,
    'the heap lock was always free in time',
    `the heap lock was not free in time ${counted(stats.lockTimeouts, 'time')}: a process was stopped while it held it`,
  );
  check(
    stats.collectTimeouts === 0,
    'every process answered the scrapes in time',
    `${counted(stats.collectTimeouts, 'answer')} to scrapes came too late: an event loop was blocked`,
  );
  if (torn > 0) {
    const what = counted(torn, 'histogram or summary was', 'histograms and summaries were');
    found.push({ good: true, sentence: `${what} being updated at each read, which is no fault` });
  }
  if (stats.recoveries > 0) {
    const times = counted(stats.recoveries, 'time');
    found.push({
      good: true,
      sentence: `a process died while it changed the heap, ${times}, and it was repaired`,
    });
  }
  return found;
}
