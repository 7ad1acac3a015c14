/**
 * Prints its pid, and then runs lines: `set <state> <version>` sets all metrics, `show` prints the rows of a scrape that
 * are not 0, and `metrics` prints a scrape as OpenMetrics.
 */
const { Enum, Info, StateSet, openMetricsContentType, register } = require('mpmetrics');

const common = /** @type {const} */ ({ help: 'h', labelNames: ['k'], dead: 'keep' });
const STATES = ['a', 'b', 'c'];
const ENUMS = /** @type {const} */ (['mostrecent', 'all', 'count']);
const SETS = /** @type {const} */ (['any', 'every', 'all']);
const enums = ENUMS.map((aggregator) => {
  const name = `enum_${aggregator}`;
  return new Enum({ ...common, name, states: STATES, aggregator });
});
const sets = SETS.map((aggregator) => {
  const name = `set_${aggregator}`;
  return new StateSet({ ...common, name, states: STATES, aggregator });
});
const build = new Info({ name: 'build', help: 'h', dead: 'keep' });
const living = new Enum({ name: 'living', help: 'h', labelNames: ['k'], states: STATES });
const livingSet = new StateSet({
  name: 'living_set',
  help: 'h',
  labelNames: ['k'],
  states: STATES,
});

const calls = {
  set: (state, version) => {
    for (const one of [...enums, living]) one.state({ k: 'x' }, state);
    for (const one of [...sets, livingSet]) {
      one.set({ k: 'x' }, 'c', true);
      one.set({ k: 'x' }, state, true);
    }
    build.info({ version });
    // Waits until the next update of any process has a later time.
    const now = Date.now();
    while (Date.now() <= now + 1);
    return 'done';
  },
  show: async () => {
    const rows = (await register.metrics()).split('\n');
    return JSON.stringify(rows.filter((row) => /^[a-z]\w*\{.* [1-9]$/.test(row)));
  },
  metrics: async () => {
    register.setContentType(openMetricsContentType);
    return JSON.stringify(await register.metrics());
  },
};

require('node:readline')
  .createInterface(process.stdin)
  .on('line', async (line) => {
    const [call, ...args] = line.split(' ');
    console.log(await calls[call](...args));
  });
console.log(process.pid);
