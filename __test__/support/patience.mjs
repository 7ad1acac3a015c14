/**
 * How long tests wait: for work, not for seconds. On a machine on which sixteen threads want two processors, each gets
 * an eighth of one, so what takes ten seconds alone takes eighty. The clock here goes by the share of a processor that
 * one more thread gets, so a bound of thirty seconds holds at any load. For tests and for the programs they start.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { clearTimeout, setInterval, setTimeout } from 'node:timers';

/** Milliseconds of work that a wait lasts if nothing else is said. */
export const PATIENCE = 30_000;

/**
 * Milliseconds after which vitest ends a test or hook that waits for something else than these functions: at any load
 * that a machine is usable at. What hangs is named by the reporter every minute.
 */
export const LIMIT = 1_800_000;

/** How often the share is looked at; milliseconds. */
const TICK = 200;

/** The most that a wait is slowed down by, if /proc tells of a machine that stands still. */
const LEAST_SHARE = 0.01;

/** What a thread could have had and another guest of the host got, in all and since the last reading; see proc(5). */
const ticks = { total: 0, stolen: 0 };

/**
 * The share of a processor, from 0 to 1, that one more thread would get now.
 *
 * @param {string} stat what /proc/stat says
 * @param {number} processors how many there are
 */
export function shareIn(stat, processors) {
  const running = Number(/^procs_running (\d+)/m.exec(stat)?.[1] ?? 1);
  const times = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '').split(' ').slice(0, 8).map(Number);
  const total = times.reduce((sum, time) => sum + time, 0);
  const stolen = times[7] ?? 0;
  const passed = total - ticks.total;
  const lost = passed > 0 && ticks.total > 0 ? (stolen - ticks.stolen) / passed : 0;
  Object.assign(ticks, { total, stolen });
  return Math.max(LEAST_SHARE, Math.min(1, processors / Math.max(1, running)) * (1 - lost));
}

function share() {
  try {
    return shareIn(readFileSync('/proc/stat', 'utf8'), availableParallelism());
  } catch {
    // Where there is no /proc, or none that may be read, seconds have to do.
    return 1;
  }
}

/** As it is without a test's fake clock. */
const realNow = performance.now.bind(performance);

let seen = realNow();
let worked = 0;

/** Milliseconds of work that one more thread would have got done since this file was loaded. */
export function workClock() {
  const now = realNow();
  worked += (now - seen) * share();
  seen = now;
  return worked;
}

setInterval(workClock, TICK).unref();

/** The reporter names tests that failed by this alone. */
export class OutOfPatience extends Error {
  /**
   * @param {string} what was waited for
   * @param {number} ms milliseconds of work
   */
  constructor(what, ms) {
    super(`out of patience: ${what}, after ${ms / 1000} s of work`);
    this.name = 'OutOfPatience';
  }
}

/** @param {number} ms milliseconds of real time */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Waits until something is so.
 *
 * @template T
 * @param {() => T | Promise<T>} look yields something true once it is
 * @param {string | (() => string)} what is waited for, as in "the gateway does not answer"
 * @param {number} [ms] milliseconds of work
 * @returns {Promise<T>} what `look` yielded; rejects with OutOfPatience
 */
export async function until(look, what, ms = PATIENCE) {
  const end = workClock() + ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (workClock() > end) throw new OutOfPatience(typeof what === 'string' ? what : what(), ms);
    await pause(20);
  }
}

/**
 * Waits for a promise.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {string | (() => string)} what is waited for
 * @param {number} [ms] milliseconds of work
 * @returns {Promise<T>} rejects with OutOfPatience
 */
export async function within(promise, what, ms = PATIENCE) {
  const end = workClock() + ms;
  let settled = false;
  const ended = promise.finally(() => {
    settled = true;
  });
  // The caller that waits gets it; a rejection that comes too late is ignored.
  ended.catch(() => undefined);
  while (!settled) {
    let timer;
    const tick = new Promise((resolve) => {
      timer = setTimeout(resolve, TICK);
    });
    await Promise.race([ended, tick]);
    clearTimeout(timer);
    if (!settled && workClock() > end) {
      throw new OutOfPatience(typeof what === 'string' ? what : what(), ms);
    }
  }
  return ended;
}

/**
 * A bound in real time for what counts by no clock but its own, at the load of this moment and twice that.
 *
 * @param {number} ms milliseconds of work
 */
export function patient(ms) {
  return Math.ceil((2 * ms) / share());
}
