/** Measures the time of one call. */
import Benchmark from 'benchmark';

import { median } from './numbers.mjs';

/** Number of calls that a function makes each time `benchmark` runs it. */
const BATCH = 256;

/**
 * Returns a function that makes a row's call {@link BATCH} times. The loop of `benchmark` keeps its counter
 * as a double, which the engine boxes wherever it may have to leave the compiled code. These conversions take
 * up to 5 ns per turn, longer than the updates that are measured. Every row has a loop with code of its own,
 * because the call in a common loop would be megamorphic.
 */
export function batch(call, name) {
  const loop = `return () => { for (let k = 0; k < ${BATCH}; k++) call(); };`;
  // The name makes the text unique: the engine would share the code of equal texts.
  return new Function('call', `${loop} // ${name}`)(call);
}

/**
 * Returns the median time of a call, in nanoseconds.
 *
 * @param {() => void} batched what {@link batch} made
 * @param {number} seconds for how long it is called
 */
export function nanoseconds(batched, seconds) {
  const run = new Benchmark({ fn: batched, minTime: seconds / 8, maxTime: seconds, minSamples: 5 });
  run.run({ async: false });
  if (run.error !== undefined) throw run.error;
  return (median(run.stats.sample) * 1e9) / BATCH;
}
