/** `node sinon.cjs <client>` prints what it sees of time under sinon's fake timers. */
'use strict';
const sinon = require('sinon');
const { told } = require('./clock.cjs');

const real = setTimeout;
const client = require(process.argv[2]);
const clock = sinon.useFakeTimers();
// A scrape that waits for a faked timer never ends, and lets the process end without a word.
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
