/** The public types of methods that watch calls of functions. */

import type { LabelValues } from './values';

declare global {
  // As TypeScript's `esnext.disposable` and `@types/node` declare it, for programs that have neither.
  interface SymbolConstructor {
    /** The method that `using` calls at the end of a block. */
    readonly dispose: unique symbol;
  }
}

/** Any function. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- only `any` accepts every function
export type AnyFunction = (...args: any[]) => unknown;

/** What a watched call returns: for a thenable, a promise. */
export type Returned<R> = R extends PromiseLike<infer V> ? Promise<V> : R;

/** Labels that are known when a call is over: the labels, or a function of the error and the result. */
export type LabelsAfter<T extends string, R> =
  LabelValues<T> | ((error: unknown, result: R | undefined) => LabelValues<T>);

/** Options of `time()` and `timed()`. */
export interface TimeOptions<T extends string = string, R = unknown> {
  /** Labels that are added when the call is over. */
  labels?: LabelsAfter<T, R>;
  /** Labels of the observation's exemplar, if the histogram has `enableExemplars`. */
  exemplarLabels?: LabelsAfter<string, R>;
}

/** Decorates a method: as a standard decorator, or under `experimentalDecorators`. */
export interface DecoratesMethod {
  <F extends AnyFunction>(
    method: F,
    context: { readonly kind: string; readonly name: string | symbol },
  ): F;
  <F extends AnyFunction>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<F>,
  ): void;
}

/** A timer that was started. */
export interface Timer<A extends unknown[]> {
  (...args: A): number;
  /** Ends the timer at the end of a block (`using`), if it was not ended before. */
  [Symbol.dispose](): void;
}

/** Methods that time functions, of a metric with its labels chosen. */
export interface TimesFunctions<T extends string> {
  /**
   * Calls a function and observes the seconds until it returns or throws. If it returns a thenable, observes the
   * seconds until that settles. A generator or stream is observed when it is returned, not when it ends.
   *
   * @returns what the function returned; for a thenable, a promise that settles as the thenable does
   * @throws what the function throws, unchanged, after the observation
   */
  time<R>(fn: () => R, options?: TimeOptions<T, Awaited<R>>): Returned<R>;
  /**
   * Returns a function that calls `fn` as {@link time} does, with the same `this`, arguments, name and length.
   */
  timed<F extends AnyFunction>(fn: F, options?: TimeOptions<T, Awaited<ReturnType<F>>>): F;
  /** Returns a decorator that times a method, standard or experimental. */
  timed(options?: TimeOptions<T>): DecoratesMethod;
}

/** The methods of {@link TimesFunctions} on a metric itself, where they take labels as the first argument. */
export interface TimesFunctionsWithLabels<T extends string> {
  /**
   * Calls a function and observes the seconds until it returns or throws. If it returns a thenable, observes the
   * seconds until that settles. A generator or stream is observed when it is returned, not when it ends.
   *
   * @param labels the labels that are known before the call
   * @returns what the function returned; for a thenable, a promise that settles as the thenable does
   * @throws what the function throws, unchanged, after the observation; before the call, Error for labels that are not
   *   declared
   */
  time<R>(labels: LabelValues<T>, fn: () => R, options?: TimeOptions<T, Awaited<R>>): Returned<R>;
  time<R>(fn: () => R, options?: TimeOptions<T, Awaited<R>>): Returned<R>;
  /**
   * Returns a function that calls `fn` as {@link time} does, with the same `this`, arguments, name and length.
   *
   * @param labels the labels that are known before the calls
   */
  timed<F extends AnyFunction>(
    labels: LabelValues<T>,
    fn: F,
    options?: TimeOptions<T, Awaited<ReturnType<F>>>,
  ): F;
  timed<F extends AnyFunction>(fn: F, options?: TimeOptions<T, Awaited<ReturnType<F>>>): F;
  /** Returns a decorator that times a method, standard or experimental. */
  timed(labels?: LabelValues<T>, options?: TimeOptions<T>): DecoratesMethod;
}

/** Methods that track calls, of a gauge with its labels chosen. */
export interface TracksFunctions {
  /**
   * Calls a function, and counts it in the gauge while it runs; if it returns a thenable, until that settles.
   *
   * @returns what the function returned; for a thenable, a promise that settles as the thenable does
   */
  trackInProgress<R>(fn: () => R): Returned<R>;
  /** Returns a function that calls `fn` as {@link trackInProgress} does. */
  trackingInProgress<F extends AnyFunction>(fn: F): F;
  /** Returns a decorator that tracks a method, standard or experimental. */
  trackingInProgress(): DecoratesMethod;
}

/** The methods of {@link TracksFunctions} on a gauge itself, where they take labels as the first argument. */
export interface TracksFunctionsWithLabels<T extends string> {
  /**
   * Calls a function, and counts it in the gauge while it runs; if it returns a thenable, until that settles. With the
   * aggregator `shared` or `dead: 'keep'`, the calls of a killed process stay in the gauge for ever. Otherwise they
   * leave the gauge when the process ends.
   *
   * @param labels the labels of the series
   * @returns what the function returned; for a thenable, a promise that settles as the thenable does
   * @throws Error before the call for labels that are not declared
   */
  trackInProgress<R>(labels: LabelValues<T>, fn: () => R): Returned<R>;
  trackInProgress<R>(fn: () => R): Returned<R>;
  /** Returns a function that calls `fn` as {@link trackInProgress} does. */
  trackingInProgress<F extends AnyFunction>(labels: LabelValues<T>, fn: F): F;
  trackingInProgress<F extends AnyFunction>(fn: F): F;
  /** Returns a decorator that tracks a method, standard or experimental. */
  trackingInProgress(labels?: LabelValues<T>): DecoratesMethod;
}

/** A class of errors. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- only `any` accepts the parameters of every class
export type ErrorClass = abstract new (...args: any[]) => unknown;

/** Which errors are counted, and under which labels. */
export interface ExceptionOptions<T extends string = string> {
  /** Returns whether an error is counted; all are if left out. */
  only?: (error: unknown) => boolean;
  /** Labels that are added for an error. */
  labels?: LabelValues<T> | ((error: unknown) => LabelValues<T>);
}

/** The errors that are counted: those of these classes, those that the options choose, or all. */
export type CountedErrors<T extends string> = ErrorClass[] | [ExceptionOptions<T>];

/** Methods that count errors, of a counter with its labels chosen. */
export interface CountsExceptions<T extends string> {
  /**
   * Calls a function, and counts if it throws, or if the thenable that it returns rejects.
   *
   * @param errors the classes of the errors that count, or options. An error of another realm counts if it, or one of
   *   its prototypes, has the name of such a class. Without classes and options, everything that is thrown counts, also
   *   what is no Error
   * @returns what the function returned; for a thenable, a promise that settles as the thenable does
   * @throws what the function throws, unchanged
   */
  countExceptions<R>(fn: () => R, ...errors: CountedErrors<T>): Returned<R>;
  /** Returns a decorator that counts the errors of a method, standard or experimental. */
  countingExceptions(...errors: ErrorClass[]): DecoratesMethod;
  /** Returns a function that calls `fn` as {@link countExceptions} does. */
  countingExceptions<F extends AnyFunction>(fn: F, ...errors: CountedErrors<T>): F;
  countingExceptions(options: ExceptionOptions<T>): DecoratesMethod;
}

/** The methods of {@link CountsExceptions} on a counter itself, where they take labels as the first argument. */
export interface CountsExceptionsWithLabels<T extends string> {
  /**
   * Calls a function, and counts if it throws, or if the thenable that it returns rejects.
   *
   * @param labels the labels of the series
   * @param errors the classes of the errors that count, or options. An error of another realm counts if it, or one of
   *   its prototypes, has the name of such a class. Without classes and options, everything that is thrown counts, also
   *   what is no Error
   * @returns what the function returned; for a thenable, a promise that settles as the thenable does
   * @throws what the function throws, unchanged; before the call, Error for labels that are not declared
   */
  countExceptions<R>(labels: LabelValues<T>, fn: () => R, ...errors: CountedErrors<T>): Returned<R>;
  countExceptions<R>(fn: () => R, ...errors: CountedErrors<T>): Returned<R>;
  /** Returns a decorator that counts the errors of a method, standard or experimental. */
  countingExceptions(labels: LabelValues<T>, ...errors: ErrorClass[]): DecoratesMethod;
  countingExceptions(labels: LabelValues<T>, options: ExceptionOptions<T>): DecoratesMethod;
  /** Returns a function that calls `fn` as {@link countExceptions} does. */
  countingExceptions<F extends AnyFunction>(
    labels: LabelValues<T>,
    fn: F,
    ...errors: CountedErrors<T>
  ): F;
  /** Returns a decorator that counts the errors of a method, standard or experimental. */
  countingExceptions(...errors: ErrorClass[]): DecoratesMethod;
  countingExceptions<F extends AnyFunction>(fn: F, ...errors: CountedErrors<T>): F;
  countingExceptions(options: ExceptionOptions<T>): DecoratesMethod;
}
