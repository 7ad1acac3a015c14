/** Calls of functions that a metric watches: what timing, tracking and counting of calls have in common. */

import { messageOf, shown, unfit, warnOnce } from '../errors';
import type { AnyFunction } from './functions-api';

/** Called once when a call is over: with the error that it threw, or with what it returned. */
export type Over = (failed: boolean, error: unknown, result: unknown) => void;

/**
 * Calls a function, and `over` when the call is over: at its return, or when the thenable that it returned settles.
 *
 * @param about names the metric, in a warning
 * @returns what the function returned; for a thenable, a promise that settles as the thenable does
 * @throws what the function threw, unchanged; if it did not throw, what `over` throws
 */
export function watched(about: string, call: () => unknown, over: Over): unknown {
  const failed = (error: unknown): void => {
    try {
      over(true, error, undefined);
    } catch (mistake) {
      // The error of the function is what the caller has to see.
      const message = `a failed call is not counted in ${about}: ${messageOf(mistake)}`;
      warnOnce('MPMETRICS_CONFIG', message, about);
    }
  };
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    failed(error);
    throw error;
  }
  if (!isThenable(result)) {
    over(false, undefined, result);
    return result;
  }
  return Promise.resolve(result).then(
    (value) => {
      over(false, undefined, value);
      return value;
    },
    (error: unknown) => {
      failed(error);
      throw error;
    },
  );
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  return typeof (value as Partial<PromiseLike<unknown>>).then === 'function';
}

/** Watches the calls of a function: gets each call, makes it, and returns what it returned. */
export type Around = (call: () => unknown) => unknown;

/** Returns a function that calls another one through `around`, with its own `this` and arguments; name and length stay. */
export function wrapped(fn: AnyFunction, around: Around): AnyFunction {
  const made = function (this: unknown, ...args: unknown[]): unknown {
    return around(() => Reflect.apply(fn, this, args) as unknown);
  };
  for (const property of ['name', 'length'] as const) {
    Object.defineProperty(made, property, { value: fn[property], configurable: true });
  }
  return made;
}

/** What a standard decorator is told of the member that it decorates. */
interface DecoratorContext {
  readonly kind: string;
  readonly name: string | symbol;
}

/**
 * Returns a decorator of methods, standard or experimental.
 *
 * @param name the method of the metric that made it, for errors
 */
export function decorator(name: string, around: Around): AnyFunction {
  const refused = (what: string): TypeError =>
    new TypeError(`${name}() decorates methods, and this is ${what}`);
  return (target: unknown, context: unknown, descriptor?: PropertyDescriptor) => {
    if (isContext(context)) {
      if (context.kind !== 'method') throw refused(`the ${context.kind} ${String(context.name)}`);
      return wrapped(target as AnyFunction, around);
    }
    if (typeof descriptor?.value !== 'function') throw refused(shown(context));
    descriptor.value = wrapped(descriptor.value as AnyFunction, around);
    return descriptor;
  };
}

function isContext(value: unknown): value is DecoratorContext {
  return typeof value === 'object' && value !== null && 'kind' in value && 'name' in value;
}

/** Adds methods to a class. They are not enumerable, like the methods that a class declares. */
export function addMethods<T extends object>(
  prototype: T,
  methods: Readonly<Record<string, (this: T, ...args: unknown[]) => unknown>>,
): void {
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}

/** Throws if an argument is no function. */
export function functionOf(method: string, fn: unknown): AnyFunction {
  if (typeof fn !== 'function') throw unfit(`the function of ${method}()`, 'a function', fn);
  return fn as AnyFunction;
}

/** Throws if an option is neither left out nor an object. */
export function objectOf(option: string, value: unknown): object | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object') throw unfit(option, 'an object', value);
  return value;
}
