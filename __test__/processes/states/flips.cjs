/** Changes the states of two enums, whose blocks are of different kinds, as fast as it can and without end. */
const { Enum } = require('mpmetrics');
const states = Array.from({ length: 53 }, (_, i) => `s${i}`);
const recent = new Enum({ name: 'recent', help: 'h', states });
const count = new Enum({ name: 'count', help: 'h', states, aggregator: 'count' });
console.log('ready');
setImmediate(function flip() {
  for (let i = 0; i < 100_000; i++) {
    recent.state(states[i % 53]);
    count.state(states[(i * 7) % 53]);
  }
  setImmediate(flip);
});
