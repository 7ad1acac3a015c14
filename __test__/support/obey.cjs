/**
 * Runs each line of stdin as code, and prints its result as JSON. The code can use `mpmetrics`, {@link tools}, and
 * `kept`, an object that lasts from line to line.
 */
const mpmetrics = require('mpmetrics');
const { openSegment } = require(
  require('node:path').join(require.resolve('mpmetrics'), '..', 'meeting'),
);
const { readdirSync, readFileSync } = require('node:fs');
// On a busy machine a thread may answer late. A long timeout keeps a scrape from giving up.
mpmetrics.configure({ collectTimeout: 20_000 });
const patience = import('./patience.mjs');
const kept = {};
const tools = {
  /** Calls the function that a file exports, with `mpmetrics`, `kept` and the tools, and with further arguments. */
  perform: (path, ...args) => require(path)({ mpmetrics, kept, ...tools }, ...args),
  stats: () => openSegment({ create: false }).stats(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  /** Returns the names of the threads that the package started in this process. */
  threads: () =>
    readdirSync('/proc/self/task')
      .map((id) => readFileSync('/proc/self/task/' + id + '/comm', 'utf8').trim())
      .filter((name) => name.startsWith('mpmetrics')),
  /** Scrapes. Returns the text, milliseconds of real time and of work, and the number of timer ticks meanwhile. */
  scrape: async () => {
    const { workClock } = await patience;
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    const [begun, before] = [performance.now(), workClock()];
    const text = await mpmetrics.register.metrics();
    const [ms, work] = [performance.now() - begun, workClock() - before];
    clearInterval(timer);
    return { text, ms, work, turns };
  },
  /**
   * Makes a gauge that shows how often its callback was called.
   *
   * @param {string} name
   * @param {string} who
   * @param {(calls: number) => void | Promise<void>} extra called by the callback, after the gauge is set
   */
  calls: (name, who, extra = () => {}) => {
    let calls = 0;
    return new mpmetrics.Gauge({
      name,
      help: 'h',
      labelNames: ['who'],
      collect() {
        this.set({ who }, ++calls);
        return extra(calls);
      },
    });
  },
};
require('node:readline')
  .createInterface(process.stdin)
  .on('line', async (line) => {
    const run = new Function(
      'mpmetrics',
      'kept',
      'require',
      ...Object.keys(tools),
      'return (async () => {' + line + '})()',
    );
    console.log(
      JSON.stringify((await run(mpmetrics, kept, require, ...Object.values(tools))) ?? null),
    );
  });
