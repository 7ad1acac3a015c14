/**
 * Timeouts in milliseconds of work instead of real time, for tests and for the programs that they start. If sixteen
 * threads want two processors, each gets an eighth of one, so that a task of ten seconds takes eighty. The clock here
 * therefore advances by the share of a processor that one more thread gets, so that a timeout holds at any load.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { clearTimeout, setInterval, setTimeout } from 'node:timers';

/** The default timeout of a wait, in milliseconds of work. */
export const PATIENCE = 30_000;

/**
 * Milliseconds of real time after which Vitest ends a test or hook that waits without the functions of this file. This
 * is long enough at any load at which a machine is usable. To see earlier which tests hang, press Ctrl-C: the reporter
 * then names the tests that still run.
 */
export const LIMIT = 1_800_000;

/** The interval at which the share is read, in milliseconds. */
const TICK = 200;

/** The least share, which limits a wait to a hundred times its timeout, even if /proc shows a stalled machine. */
const LEAST_SHARE = 0.01;

/** Ticks of all processors at the last reading, and those of them that the host gave to other guests; see proc(5). */
const ticks = { total: 0, stolen: 0 };

/**
 * Returns the share of a processor, from 0 to 1, that one more thread would get now.
 *
 * @param {string} stat the text of /proc/stat
 * @param {number} processors the number of processors
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
    // Without a readable /proc the clock counts real time.
    return 1;
  }
}

/** The real clock, also while a test uses a fake clock. */
const realNow = performance.now.bind(performance);

let seen = realNow();
let worked = 0;

/** Returns the milliseconds of work that one more thread would have done since this file was loaded. */
export function workClock() {
  const now = realNow();
  worked += (now - seen) * share();
  seen = now;
  return worked;
}

setInterval(workClock, TICK).unref();

/** The error of a timeout. The reporter lists the tests that failed because of timeouts alone. */
export class OutOfPatience extends Error {
  /**
   * @param {string} what the failure, as in "the gateway does not answer"
   * @param {number} ms milliseconds of work
   */
  constructor(what, ms) {
    super(`out of patience: ${what}, after ${ms / 1000} s of work`);
    this.name = 'OutOfPatience';
  }
}

/** Milliseconds between two looks of {@link until}. Looks cost time that the awaited processes need, too. */
const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 150;

/** @param {number} ms milliseconds of real time */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Waits until a condition holds.
 *
 * @template T
 * @param {() => T | Promise<T>} look returns a truthy value once the condition holds
 * @param {string | (() => string)} what the failure, as in "the gateway does not answer"
 * @param {number} [ms] milliseconds of work
 * @returns {Promise<T>} the value of `look`; rejects with OutOfPatience
 */
export async function until(look, what, ms = PATIENCE) {
  const end = workClock() + ms;
  for (let wait = FIRST_PAUSE; ; wait = Math.min(LONGEST_PAUSE, wait * 1.5)) {
    const found = await look();
    if (found) return found;
    if (workClock() > end) throw new OutOfPatience(typeof what === 'string' ? what : what(), ms);
    await pause(wait);
  }
}

/**
 * Waits for a promise.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {string | (() => string)} what the failure, as in {@link until}
 * @param {number} [ms] milliseconds of work
 * @returns {Promise<T>} rejects with OutOfPatience
 */
export async function within(promise, what, ms = PATIENCE) {
  const end = workClock() + ms;
  let settled = false;
  const ended = promise.finally(() => {
    settled = true;
  });
  // The return below passes a rejection on to the caller. A rejection after the timeout is ignored.
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
 * Returns a timeout in real time, for code that cannot use {@link workClock}. It suffices for twice the present load.
 *
 * @param {number} ms milliseconds of work
 */
export function patient(ms) {
  return Math.ceil((2 * ms) / share());
}
