/** `node sinon.cjs <client>` prints how the client behaves under sinon's fake timers: see `clock.cjs`. */
'use strict';
const sinon = require('sinon');
const { told } = require('./clock.cjs');

const real = setTimeout;
const client = require(process.argv[2]);
const clock = sinon.useFakeTimers();
// If a scrape waited for a faked timer, the process would end without output. This timer keeps it alive, and throws.
const alive = real(() => {
  throw new Error('nothing came');
}, 20_000);
told(client, {
  set: (ms) => clock.setSystemTime(ms),
  advance: (ms) => clock.tick(ms),
}).then((seen) => {
  console.log(JSON.stringify(seen));
  clock.restore();
  clearTimeout(alive);
});
