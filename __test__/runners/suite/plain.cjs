/** The suite for runners under which tests replace functions themselves, as with sinon. */
'use strict';
const fakes = require('./fakes.cjs');

function replace(object, name, value) {
  Object.defineProperty(object, name, { value, configurable: true, writable: true });
}

let now = 0;
const real = process.hrtime;

/** A fake of `process.hrtime`, with which both clients measure durations. */
const clock = {
  start() {
    const elapsed = () => [Math.floor(now / 1_000), (now % 1_000) * 1e6];
    const fake = (since) => {
      const [seconds, nanoseconds] = elapsed();
      return since === undefined
        ? [seconds, nanoseconds]
        : [seconds - since[0], nanoseconds - since[1]];
    };
    process.hrtime = Object.assign(fake, { bigint: () => BigInt(now) * 1_000_000n });
  },
  advance(milliseconds) {
    now += milliseconds;
  },
  stop() {
    process.hrtime = real;
  },
};

/** Replaces functions, uses the client, and records the results under the name of the test file. */
module.exports = async (file) => {
  replace(require('http'), 'request', fakes.request('http'));
  replace(require('https'), 'request', fakes.request('https'));
  replace(require('v8'), 'getHeapSpaceStatistics', fakes.spaces);
  const client = require(process.env.CLIENT);
  const { platform } = process;
  replace(process, 'platform', fakes.platform);
  const observed = fakes.observe(client, clock);
  // Restores the platform for the runner. The client has read it when it started default metrics.
  replace(process, 'platform', platform);
  fakes.record(file, await observed);
};
