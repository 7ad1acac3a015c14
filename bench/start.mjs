/** Starting: CPU of a process that loads a client and counts once, over that of Node.js alone; and the files that it loads. */
import { spawnSync } from 'node:child_process';

import { median } from './numbers.mjs';
import { withSegment } from './heap.mjs';

const root = new URL('..', import.meta.url);

/** What a process does with a client before it tells its CPU time; the empty text for Node.js alone. */
const PROGRAMS = {
  require: (client) => `require('${client}');`,
  'require and the first inc()': (client) =>
    `new (require('${client}').Counter)({ name: 'started_total', help: 'h' }).inc();`,
};

/** Ends at once, so that what a client does when a process ends is not in it. */
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
 * @param {{ runs: number, say: (text: string) => void }} options runs: of each program, in turns
 * @returns {Promise<{ title: string, ours: number, theirs: number, oursFiles: number, theirsFiles: number }[]>} CPU in
 *   milliseconds over that of Node.js alone, medians; files, the native module among them
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
