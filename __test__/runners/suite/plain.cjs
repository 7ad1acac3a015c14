/** The suite for runners that leave it to tests to replace functions, as with sinon. */
'use strict';
const fakes = require('./fakes.cjs');

function replace(object, name, value) {
  Object.defineProperty(object, name, { value, configurable: true, writable: true });
}

let now = 0;
const real = process.hrtime;

/** Timers of which both clients use the one. */
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

/** Replaces, uses the client and records, for the test file that calls it. */
module.exports = async (file) => {
  replace(require('http'), 'request', fakes.request('http'));
  replace(require('https'), 'request', fakes.request('https'));
  replace(require('v8'), 'getHeapSpaceStatistics', fakes.spaces);
  const client = require(process.env.CLIENT);
  const { platform } = process;
  replace(process, 'platform', fakes.platform);
  const observed = fakes.observe(client, clock);
  // It is read when default metrics are asked for, and of use to the runner itself.
  replace(process, 'platform', platform);
  fakes.record(file, await observed);
};
