/**
 * Runs each line of stdin as code, with the package's names and {@link tools} at hand, and prints what it yields as
 * JSON. `kept` lasts from line to line.
 */
const mpmetrics = require('mpmetrics');
const { openSegment } = require(
  require('node:path').join(require.resolve('mpmetrics'), '..', 'meeting'),
);
const { readdirSync, readFileSync } = require('node:fs');
// A program that is slow to be scheduled, on a busy machine, is not one that does not answer.
mpmetrics.configure({ collectTimeout: 20_000 });
const patience = import('./patience.mjs');
const kept = {};
const tools = {
  /** Calls what a file exports with what code has at hand, and with further arguments. */
  perform: (path, ...args) => require(path)({ mpmetrics, kept, ...tools }, ...args),
  stats: () => openSegment({ create: false }).stats(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  /** Names of this process's threads that are the package's. */
  threads: () =>
    readdirSync('/proc/self/task')
      .map((id) => readFileSync('/proc/self/task/' + id + '/comm', 'utf8').trim())
      .filter((name) => name.startsWith('mpmetrics')),
  /** A scrape, its milliseconds, those of work, and how often the event loop turned meanwhile. */
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
   * A gauge that shows how often its callback was called.
   *
   * @param {string} name
   * @param {string} who
   * @param {(calls: number) => void | Promise<void>} extra what else the callback does
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
