/**
 * The keys of what metrics have for themselves. Symbols, on properties that are not enumerable: subclasses and
 * configurations may use every name that prom-client leaves to them. (`#private` members are as fast, but are not
 * found through a Proxy, which prom-client's metrics may be behind.)
 */

/** This isolate's handles. */
export const ROSTER: unique symbol = Symbol('roster');
/** From labels to a handle; a property of its own because every update calls it. */
export const FIND: unique symbol = Symbol('find');
/** The handle of the series without labels. */
export const SINGLE: unique symbol = Symbol('single');
/** Called when a registry has let go of the metric. */
export const LEFT: unique symbol = Symbol('left');
/** Of a histogram: its bounds as they are searched. */
export const SCALE: unique symbol = Symbol('scale');
/** Of a summary: its time window. */
export const WINDOW: unique symbol = Symbol('window');
/** Of a summary: an observation that could not be plain stores. */
export const OBSERVING: unique symbol = Symbol('observing');

/** Of a counter with exemplars: the `inc` that it was made with. */
export const INC: unique symbol = Symbol('inc');

/** Of a registry: puts a metric in the place of the one that it takes over. */
export const REPLACE: unique symbol = Symbol('replace');

/** Gives an object a property that only code here finds. */
export function hide(owner: object, key: symbol, value: unknown): void {
  Object.defineProperty(owner, key, { value, writable: true, configurable: true });
}
