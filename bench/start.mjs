/**
 * Measures the start of a process that loads a client, and of one that also updates a counter once: its CPU time beyond
 * that of Node.js alone, and the number of files that it loads.
 */
import { spawnSync } from 'node:child_process';

import { median } from './numbers.mjs';
import { withSegment } from './heap.mjs';

const root = new URL('..', import.meta.url);

/** Programs to measure, by title. Each runs before {@link TELL}. */
const PROGRAMS = {
  require: (client) => `require('${client}');`,
  'require and the first inc()': (client) =>
    `new (require('${client}').Counter)({ name: 'started_total', help: 'h' }).inc();`,
};

/** Prints the CPU time and the number of files, and ends the process without running the client's exit handlers. */
const TELL =
  'const { user, system } = process.cpuUsage();' +
  'const files = Object.keys(require.cache).length;' +
  'console.log(JSON.stringify({ cpu: (user + system) / 1000, files }));' +
  'process.reallyExit(0);';

function run(program, segment) {
  const { stdout } = spawnSync(process.execPath, ['-e', program + TELL], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, MPMETRICS_SEGMENT: segment },
  });
  return JSON.parse(stdout);
}

/**
 * @param {{ runs: number, say: (text: string) => void }} options `runs`: of each program, in turns
 * @returns {Promise<{ title: string, ours: number, theirs: number, oursFiles: number, theirsFiles: number }[]>} medians
 *   of the CPU time in milliseconds, less that of Node.js alone; numbers of files, including the native module
 */
export async function measureStart({ runs, say }) {
  return withSegment(async (segment) => {
    const rows = [];
    for (const [title, program] of Object.entries(PROGRAMS)) {
      say(title);
      const cpu = { bare: [], ours: [], theirs: [] };
      const files = {};
      for (let i = 0; i < runs; i++) {
        cpu.bare.push(run('', segment).cpu);
        for (const [who, client] of [
          ['ours', 'mpmetrics'],
          ['theirs', 'prom-client'],
        ]) {
          const told = run(program(client), segment);
          cpu[who].push(told.cpu);
          files[who] = told.files;
        }
      }
      const over = (who) => median(cpu[who]) - median(cpu.bare);
      rows.push({
        title,
        ours: over('ours'),
        theirs: over('theirs'),
        oursFiles: files.ours,
        theirsFiles: files.theirs,
      });
    }
    return rows;
  });
}
