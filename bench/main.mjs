/**
 * `npm run bench [-- --quick] [--write] [--only=updates|scrapes|memory]`: prints Markdown tables, and
 * with `--write` puts them into bench/README.md. Fails if the two clients count differently; never
 * because of a slow machine.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { measureMemory } from './memory.mjs';
import { measureUpdates } from './micro.mjs';
import { measureScrapes } from './scrape.mjs';
import { machine, memoryTable, scrapeTable, updateTable } from './table.mjs';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});

const say = (text) => process.stderr.write(`· ${text}\n`);

const PARTS = {
  updates: async () => {
    const effort = values.quick ? { rounds: 3, seconds: 0.1 } : { rounds: 9, seconds: 0.4 };
    return updateTable(await measureUpdates({ ...effort, say }));
  },
  scrapes: async () => scrapeTable(await measureScrapes({ runs: values.quick ? 3 : 9, say })),
  memory: async () => {
    say('memory');
    return memoryTable(await measureMemory());
  },
};

function writeReadme(tables) {
  const file = new URL('README.md', import.meta.url);
  const [begin, end] = ['<!-- tables -->', '<!-- end of tables -->'];
  const text = readFileSync(file, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`bench/README.md lacks ${begin} … ${end}`);
  writeFileSync(file, `${text.slice(0, from)}${begin}\n\n${tables}\n\n${text.slice(to)}`);
}

const chosen = values.only === undefined ? Object.keys(PARTS) : [values.only];
const tables = [machine()];
for (const part of chosen) {
  if (PARTS[part] === undefined)
    throw new Error(`--only must be updates, scrapes or memory: ${part}`);
  tables.push(await PARTS[part]());
}
const text = tables.join('\n\n');
console.log(text);
if (values.write) writeReadme(text);
