/** Metrics with states, an info, and a function that runs a line: an action (the first word) with its arguments. */
const { Enum, Info, StateSet, register } = require('mpmetrics');
const { threadId } = require('node:worker_threads');

const states = ['starting', 'running', 'stopped'];
const labelNames = /** @type {const} */ (['job']);
const recent = new Enum({ name: 'recent', help: 'h', states, labelNames });
const count = new Enum({ name: 'count', help: 'h', states, aggregator: 'count' });
const all = new Enum({ name: 'all', help: 'h', states, aggregator: 'all' });
/** @type {string[]} */
const flags = ['x', 'y'];
const any = new StateSet({ name: 'any', help: 'h', states: flags });
const every = new StateSet({ name: 'every', help: 'h', states: flags, aggregator: 'every' });
const build = new Info({ name: 'build', help: 'h' });

/** @type {Record<string, (...words: string[]) => void>} */
const actions = {
  recent: (state) => recent.state({ job: 'a' }, state),
  count: (state) => count.state(state),
  all: (state) => all.state(state),
  any: (state, on) => any.set(state, on === 'on'),
  every: (state, on) => every.set(state, on === 'on'),
  build: (version) => build.info({ version }),
  add: (version) => build.addInfo({ version }),
  reset: () => build.resetEverywhere(),
  default: (name, value) => register.setDefaultLabels({ [name]: value }),
  prefix: (prefix) => register.setPrefix(prefix),
};

module.exports = async (line) => {
  const [action, ...words] = line.split(' ');
  if (action === 'show') {
    const text = await register.metrics();
    return JSON.stringify(text.split('\n').filter((row) => /^\w+.* [1-9]\d*$/.test(row)));
  }
  if (action === 'json') {
    const json = await register.getMetricsAsJSON({ scope: 'application' });
    const { values } = json.find(({ name }) => name === words[0]);
    return JSON.stringify(values.filter(({ value }) => value !== 0));
  }
  actions[action](...words);
  // Waits until the next update of any process or thread has a later time.
  const now = Date.now();
  while (Date.now() <= now + 1);
  return String(threadId);
};
