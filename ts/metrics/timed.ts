/** Functions whose calls a histogram, summary or gauge times. */

import { validateLabels } from '../labels';
import { unfit } from '../errors';
import {
  addMethods,
  decorator,
  functionOf,
  objectOf,
  watched,
  wrapped,
  type Around,
} from './functions';
import type { AnyFunction } from './functions-api';

type EndTimer = (labels?: object, exemplarLabels?: object) => number;

/** A metric, or one with its labels chosen, that has timers. */
interface HasTimers {
  startTimer(labels?: object): EndTimer;
}

/** A metric that takes labels before the function. */
interface TakesLabels extends HasTimers {
  readonly name: string;
  readonly labelNames: readonly string[];
}

/** Adds `time()` and `timed()` to a class of metrics. */
export function addTiming(prototype: TakesLabels): void {
  addMethods(prototype, {
    time(...args) {
      return time(this, args);
    },
    timed(...args) {
      return timed(this, args);
    },
  });
}

function time(metric: TakesLabels, args: readonly unknown[]): unknown {
  const { labels, rest } = split(metric, args);
  const fn = functionOf('time', rest[0]);
  return around(metric.name, metric, labels, rest[1])(fn);
}

function timed(metric: TakesLabels, args: readonly unknown[]): AnyFunction {
  const { labels, rest } = split(metric, args);
  return wrapping(rest, (options) => around(metric.name, metric, labels, options));
}

/** `time()` of a child that `labels()` returned. `name` is the name of the metric. */
export function timeChild(name: string, child: HasTimers, args: readonly unknown[]): unknown {
  const fn = functionOf('time', args[0]);
  return around(name, child, undefined, args[1])(fn);
}

/** `timed()` of a child that `labels()` returned. `name` is the name of the metric. */
export function timedChild(name: string, child: HasTimers, args: readonly unknown[]): AnyFunction {
  return wrapping(args, (options) => around(name, child, undefined, options));
}

function wrapping(args: readonly unknown[], make: (options: unknown) => Around): AnyFunction {
  const [fn] = args;
  if (typeof fn === 'function') return wrapped(fn as AnyFunction, make(args[1]));
  return decorator('timed', make(args[0]));
}

/** Takes labels off the front of the arguments, and checks their names before anything is called. */
function split(
  { labelNames }: TakesLabels,
  args: readonly unknown[],
): { labels: object | undefined; rest: readonly unknown[] } {
  const [first] = args;
  if (typeof first === 'function') return { labels: undefined, rest: args };
  const labels = objectOf('labels', first);
  if (labels !== undefined) validateLabels(labelNames, labels);
  // A copy: the caller may change its object while calls are under way.
  return { labels: labels && { ...labels }, rest: args.slice(1) };
}

function around(name: string, from: HasTimers, labels: object | undefined, given: unknown): Around {
  const options = objectOf('options', given) as Readonly<Record<string, unknown>> | undefined;
  const labelsAfter = laterOf('labels', options?.['labels']);
  const exemplarLabelsAfter = laterOf('exemplarLabels', options?.['exemplarLabels']);
  return (call) => {
    const end = from.startTimer(labels);
    return watched(name, call, (_failed, error, result) => {
      end(labelsAfter(error, result), exemplarLabelsAfter(error, result));
    });
  };
}

type Later = (error: unknown, result: unknown) => object | undefined;

/** Returns a function that returns the labels of an option. The option is labels or such a function. */
export function laterOf(option: string, given: unknown): Later {
  if (typeof given === 'function') return given as Later;
  if (given !== undefined && (typeof given !== 'object' || given === null)) {
    throw unfit(option, 'an object or a function', given);
  }
  return () => given;
}
