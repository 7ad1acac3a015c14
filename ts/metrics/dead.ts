/**
 * The option `dead` of gauges, state sets and infos: whether the parts of processes and threads that have ended count,
 * too.
 */

import { inspect } from 'util';

import { unfit } from '../errors';
import type { FamilyType } from '../storage';

/** How many ended lives the aggregator `all` and infos show if `keepDead` is left out, and the largest `keepDead`. */
const LIVES = 64;
const MOST_LIVES = 10_000;

/**
 * The aggregators of gauges that can count the dead. An average over all lives would tell more of restarts than of the
 * application, `omit` shows nothing after the first restart, and the value of `shared` stays anyway.
 */
const COUNT_DEAD = ['sum', 'first', 'min', 'max', 'mostrecent', 'all'];

/** The types whose parts end with their process. */
const ENDING: readonly FamilyType[] = ['gauge', 'stateset', 'info'];

/** The options that have to fit together. */
interface Options {
  readonly aggregator?: unknown;
  readonly dead?: unknown;
  readonly keepDead?: unknown;
  readonly ttlSeconds?: unknown;
}

/**
 * Checks a metric's `dead` and `keepDead`.
 *
 * @throws TypeError for another value than 'keep', a type whose counts stay anyway, an aggregator that cannot count
 *   the dead, a `keepDead` that has no effect or is out of range, and for `ttlSeconds`: it would not remove the series
 *   that are kept for the dead, so their number would have no limit
 */
export function validateDead(type: FamilyType, options: Options): void {
  const { aggregator, dead, keepDead, ttlSeconds } = options;
  if (dead !== undefined) {
    if (dead !== 'keep') throw unfit('dead', "'keep' or left out", dead);
    if (!ENDING.includes(type)) {
      throw new TypeError(`dead is for gauges, Enum, StateSet and Info, and this is a ${type}`);
    }
    if (type === 'gauge' && !countsDead(aggregator)) {
      const list = COUNT_DEAD.join(', ');
      throw new TypeError(
        `dead: 'keep' needs one of the aggregators ${list}, and aggregator is ${inspect(aggregator)}`,
      );
    }
    if (ttlSeconds !== undefined) {
      throw new TypeError("ttlSeconds is not possible with dead: 'keep'");
    }
  }
  if (keepDead === undefined) return;
  if (dead === undefined || (aggregator !== 'all' && type !== 'info')) {
    const needs = type === 'info' ? '' : " and the aggregator 'all'";
    throw new TypeError(`keepDead needs dead: 'keep'${needs}`);
  }
  if (
    !Number.isInteger(keepDead) ||
    (keepDead as number) < 1 ||
    (keepDead as number) > MOST_LIVES
  ) {
    throw unfit('keepDead', `a whole number from 1 to ${MOST_LIVES}`, keepDead);
  }
}

/** Whether a gauge with this aggregator can count the dead; undefined and null stand for `sum`. */
export function countsDead(aggregator: unknown): boolean {
  return COUNT_DEAD.includes((aggregator ?? 'sum') as string);
}

/** Returns what a metric that may count the dead appends to its `Shape.numbers`: one number if it does, else none. */
export function livesKept({ dead, keepDead }: { dead?: unknown; keepDead?: number }): number[] {
  return dead === undefined ? [] : [keepDead ?? LIVES];
}
