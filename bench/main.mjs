/**
 * `npm run bench [-- --quick] [--write] [--only=<part>]` prints Markdown tables, and with `--write` puts each into its
 * place in bench/README.md. With `--beside=<folder>` it prints only the updates, beside those of another build. It
 * fails if this package and prom-client count differently, or if a scrape of this package lacks counts. A figure that
 * misses its target is no failure.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

import { measureBuilds } from './builds.mjs';
import { measureHooks } from './hooks.mjs';
import { measureHosts } from './hosts.mjs';
import { measureMemory } from './memory.mjs';
import { measureUpdates } from './micro.mjs';
import { measureRegistering } from './registering.mjs';
import { measureRing } from './ring.mjs';
import { measureScaling } from './scaling.mjs';
import { measureScrapes } from './scrape.mjs';
import { measureServers } from './server.mjs';
import { measureStart } from './start.mjs';
import * as table from './table.mjs';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    only: { type: 'string' },
    beside: { type: 'string' },
  },
});

const say = (text) => process.stderr.write(`· ${text}\n`);

const { quick } = values;
/** How long updates are measured, beside prom-client or another build. */
const updateEffort = quick ? { rounds: 3, seconds: 0.1 } : { rounds: 9, seconds: 0.4 };

const PARTS = {
  server: async () => {
    const effort = quick ? { rounds: 1, seconds: 3 } : { rounds: 5, seconds: 10 };
    return table.serverTable(await measureServers({ ...effort, say }));
  },
  hooks: async () => table.hooksTable(await measureHooks({ ...updateEffort, say })),
  updates: async () => {
    return table.updateTable(await measureUpdates({ ...updateEffort, say }));
  },
  scaling: async () => {
    const effort = quick ? { rounds: 4, milliseconds: 50 } : { rounds: 20, milliseconds: 100 };
    const processors = availableParallelism();
    return table.scalingTable(await measureScaling({ ...effort, processors, say }));
  },
  registering: async () =>
    table.registeringTable(await measureRegistering({ largest: quick ? 10_000 : 100_000, say })),
  scrapes: async () => table.scrapeTable(await measureScrapes({ runs: quick ? 3 : 9, say })),
  ring: async () => table.ringTable(await measureRing({ runs: quick ? 3 : 20, say })),
  hosts: async () => {
    const size = quick
      ? { hosts: 4, series: 1_000, runs: 3 }
      : { hosts: 20, series: 10_000, runs: 9 };
    return table.hostsTable(await measureHosts({ ...size, say }));
  },
  start: async () => table.startTable(await measureStart({ runs: quick ? 5 : 20, say })),
  memory: async () => {
    say('memory');
    return table.memoryTable(await measureMemory());
  },
};

/** Replaces the tables of a part between its markers in bench/README.md. */
function writeReadme(part, tables) {
  const file = new URL('README.md', import.meta.url);
  const [begin, end] = [`<!-- ${part} -->`, `<!-- end of ${part} -->`];
  const text = readFileSync(file, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`bench/README.md lacks ${begin} … ${end}`);
  writeFileSync(file, `${text.slice(0, from)}${begin}\n\n${tables}\n\n${text.slice(to)}`);
}

if (values.beside !== undefined) {
  if (values.write || values.only !== undefined) {
    throw new Error('--beside measures the updates only, and takes neither --write nor --only');
  }
  const rows = await measureBuilds({ folder: values.beside, ...updateEffort, say });
  console.log([table.machine(), table.buildsTable(rows)].join('\n\n'));
  process.exit();
}

const chosen = values.only === undefined ? Object.keys(PARTS) : [values.only];
for (const part of chosen) {
  if (PARTS[part] === undefined)
    throw new Error(`--only must be one of ${Object.keys(PARTS).join(', ')}: ${part}`);
  const tables = `${table.machine()}\n\n${await PARTS[part]()}`;
  console.log(`${tables}\n`);
  if (values.write) writeReadme(part, tables);
}
