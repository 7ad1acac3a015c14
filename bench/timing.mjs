/** The time of one call. */
import Benchmark from 'benchmark';

import { median } from './numbers.mjs';

/** Calls of a row per call that `benchmark` counts. */
const BATCH = 256;

/**
 * The row's call, {@link BATCH} times. The loop of `benchmark` keeps its counter as a double, boxed
 * wherever the engine may have to leave the compiled code: a chain of conversions from turn to turn of up
 * to 5 ns, longer than the updates measured. Every row has a loop with code of its own, because
 * one loop for all would call through a megamorphic site.
 */
export function batch(call, name) {
  const loop = `return () => { for (let k = 0; k < ${BATCH}; k++) call(); };`;
  // The engine would let equal texts share their code: hence the name.
  return new Function('call', `${loop} // ${name}`)(call);
}

/**
 * @param {() => void} batched what {@link batch} made
 * @param {number} seconds for how long it is called
 * @returns {number} nanoseconds a call, the median
 */
export function nanoseconds(batched, seconds) {
  const run = new Benchmark({ fn: batched, minTime: seconds / 8, maxTime: seconds, minSamples: 5 });
  run.run({ async: false });
  if (run.error !== undefined) throw run.error;
  return (median(run.stats.sample) * 1e9) / BATCH;
}
