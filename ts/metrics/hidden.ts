/**
 * Symbols that are the keys of internal properties of metrics. So subclasses and configurations may use every name that
 * prom-client does not use. The properties are not enumerable. (`#private` members are as fast, but cannot be reached
 * through a Proxy, which users put around prom-client's metrics.)
 */

/** This isolate's handles. */
export const ROSTER: unique symbol = Symbol('roster');
/** The roster's function that finds the handle for labels: here, too, because each update with labels reads it. */
export const FIND: unique symbol = Symbol('find');
/** The handle of the series without labels. */
export const SINGLE: unique symbol = Symbol('single');
/** Called when a registry has removed the metric. */
export const LEFT: unique symbol = Symbol('left');
/** Of a histogram: its bounds, prepared for the search. */
export const SCALE: unique symbol = Symbol('scale');
/** Of a summary: its time window. */
export const WINDOW: unique symbol = Symbol('window');
/** Of a summary: the function that makes an observation after its handle was bound. */
export const OBSERVING: unique symbol = Symbol('observing');

/** Of a metric with states: the bit of each state in a mask. */
export const BITS: unique symbol = Symbol('bits');

/** Of a counter with exemplars: its original `inc`. */
export const INC: unique symbol = Symbol('inc');

/** Of a registry: replaces a metric by the one that takes over its counts. */
export const REPLACE: unique symbol = Symbol('replace');

/** Defines a property that only this package's code finds. */
export function hide(owner: object, key: symbol, value: unknown): void {
  Object.defineProperty(owner, key, { value, writable: true, configurable: true });
}
