/** The option `dead` of gauges: whether the parts of processes and threads that have ended count, too. */

import { inspect } from 'util';

import { unfit } from '../errors';
import type { FamilyType } from '../storage';

/** How many ended lives the aggregator `all` shows by default, and at most. */
const LIVES = 64;
const MOST_LIVES = 10_000;

/**
 * The aggregators that can count the dead. For `average`, each restart would be one more process; `omit` would show
 * nothing after the first restart; the value of `shared` stays without this option.
 */
const COUNT_DEAD = ['sum', 'first', 'min', 'max', 'mostrecent', 'all'];

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
 * @throws TypeError for another value than 'keep', another type than a gauge, an aggregator that cannot count the dead,
 *   a `keepDead` that has no effect or is out of range, and for `ttlSeconds`: no process would remove the series that
 *   are kept for the dead, so that their number would have no limit
 */
export function validateDead(type: FamilyType, options: Options): void {
  const { aggregator, dead, keepDead, ttlSeconds } = options;
  if (dead !== undefined) {
    if (dead !== 'keep') throw unfit('dead', "'keep' or left out", dead);
    if (type !== 'gauge') throw new TypeError(`dead is for gauges, and this is a ${type}`);
    if (!countsDead(aggregator)) {
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
  if (dead === undefined || aggregator !== 'all') {
    throw new TypeError("keepDead needs dead: 'keep' and the aggregator 'all'");
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

/** Returns the numbers of a gauge: see `Shape.numbers`. */
export function livesKept({ dead, keepDead }: { dead?: unknown; keepDead?: number }): number[] {
  return dead === undefined ? [] : [keepDead ?? LIVES];
}
