/** Functions whose errors a counter counts. */

import { types } from 'util';

import { shown, unfit } from '../errors';
import { validateLabels } from '../labels';
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
import { laterOf } from './timed';

/** Counts one error; with labels that are known only now, if there are any. */
export type Count = (labels: object | undefined) => void;

/** Whether an error is counted, and with which labels. */
interface Filter {
  counts(error: unknown): boolean;
  labels(error: unknown): object | undefined;
}

/** A counter that takes labels. */
interface LabelledCounter {
  readonly name: string;
  readonly labelNames: readonly string[];
  inc(labels: object, value: number): void;
}

/** Adds `countExceptions()` and `countingExceptions()` to the class of counters. */
export function addExceptionCounting(prototype: LabelledCounter): void {
  addMethods(prototype, {
    countExceptions(...args) {
      return countExceptions(this, args);
    },
    countingExceptions(...args) {
      return countingExceptions(this, args);
    },
  });
}

function countExceptions(counter: LabelledCounter, args: readonly unknown[]): unknown {
  const { count, rest } = split(counter, args);
  const [fn, ...errors] = rest;
  const checked = functionOf('countExceptions', fn);
  return around(counter.name, count, errors)(checked);
}

function countingExceptions(counter: LabelledCounter, args: readonly unknown[]): AnyFunction {
  const { count, rest } = split(counter, args);
  return wrapping(counter.name, count, rest);
}

/** `countExceptions()` of a child that `labels()` returned. `name` is the name of the counter. */
export function countChildExceptions(
  name: string,
  count: Count,
  args: readonly unknown[],
): unknown {
  const [fn, ...errors] = args;
  const checked = functionOf('countExceptions', fn);
  return around(name, count, errors)(checked);
}

/** `countingExceptions()` of a child that `labels()` returned. `name` is the name of the counter. */
export function countingChildExceptions(
  name: string,
  count: Count,
  args: readonly unknown[],
): AnyFunction {
  return wrapping(name, count, args);
}

function wrapping(name: string, count: Count, args: readonly unknown[]): AnyFunction {
  const [fn, ...errors] = args;
  if (typeof fn === 'function' && !isErrorClass(fn)) {
    return wrapped(fn as AnyFunction, around(name, count, errors));
  }
  return decorator('countingExceptions', around(name, count, args));
}

/** Takes labels off the front of the arguments, and checks their names before anything is called. */
function split(
  counter: LabelledCounter,
  args: readonly unknown[],
): { count: Count; rest: readonly unknown[] } {
  const [first] = args;
  const hasLabels = args.length > 0 && typeof first !== 'function' && !isOptions(first);
  const given = hasLabels ? objectOf('labels', first) : undefined;
  if (given !== undefined) validateLabels(counter.labelNames, given);
  // A copy: the caller may change its object while calls are under way.
  const labels = { ...given };
  const count: Count = (more) => {
    counter.inc({ ...labels, ...more }, 1);
  };
  return { count, rest: hasLabels ? args.slice(1) : args };
}

function around(name: string, count: Count, errors: readonly unknown[]): Around {
  const filter = filterOf(errors);
  return (call) =>
    watched(name, call, (failed, error) => {
      if (failed && filter.counts(error)) count(filter.labels(error));
    });
}

function filterOf(errors: readonly unknown[]): Filter {
  const [first] = errors;
  if (isObject(first)) {
    if (errors.length > 1) {
      throw new TypeError(
        `errors to count are given by options or by classes, and ${shown(errors[1])} was given beside options`,
      );
    }
    const { only, labels: given } = first as { only?: AnyFunction; labels?: unknown };
    if (only !== undefined && typeof only !== 'function') throw unfit('only', 'a function', only);
    const labels = laterOf('labels', given);
    return {
      counts: only === undefined ? () => true : (error) => Boolean(only(error)),
      labels: (error) => labels(error, undefined),
    };
  }
  for (const one of errors) {
    if (typeof one !== 'function') throw unfit('an error to count', 'a class', one);
  }
  const classes = errors as readonly AnyFunction[];
  const all = classes.length === 0;
  return {
    counts: (error) => all || classes.some((one) => isOf(error, one)),
    labels: () => undefined,
  };
}

/** Whether an object is options and not labels: the values of labels are no functions and no objects. */
function isOptions(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { only, labels } = value as { only?: unknown; labels?: unknown };
  return typeof only === 'function' || typeof labels === 'function' || isObject(labels);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/**
 * Whether an error is an instance of a class. An error of another realm counts as an instance if it, or one of its
 * prototypes, has the name of the class.
 */
function isOf(error: unknown, one: AnyFunction): boolean {
  if (error instanceof one) return true;
  if (!types.isNativeError(error) || error instanceof Error) return false;
  for (let at: unknown = error; at !== null; at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at as object, 'name') && (at as Error).name === one.name) return true;
  }
  return false;
}

/** Whether a function is a class, most likely of errors: then it is not a function to wrap. */
function isErrorClass(value: object): boolean {
  const { prototype } = value as { prototype?: unknown };
  if (value === Error || prototype instanceof Error) return true;
  return Function.prototype.toString.call(value).startsWith('class');
}
