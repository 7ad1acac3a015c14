#!/usr/bin/env node
/** The command `mpmetrics`. */

import { resolve } from 'path';
import { parseArgs } from 'util';

import { examine } from './doctor';
import { messageOf } from './errors';

const USAGE = `usage: mpmetrics doctor [folder]

Says which copies of prom-client and its successors the application in a folder (this one, if
none is given) may load, whether the native module and shared memory work, what to write into
package.json, and what will differ. Exits with 0 if all is well, with 1 if something is not,
with 2 for a wrong command.`;

function run(): number {
  const { values, positionals } = parseArgs({
    options: { help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help === true) {
    console.log(USAGE);
    return 0;
  }
  const [command, folder = '.', ...more] = positionals;
  if (command !== 'doctor' || more.length > 0) {
    console.error(USAGE);
    return 2;
  }
  const { lines, well } = examine(resolve(folder));
  console.log(lines.join('\n'));
  return well ? 0 : 1;
}

try {
  process.exitCode = run();
} catch (error) {
  console.error(`mpmetrics: ${messageOf(error)}`);
  process.exitCode = 2;
}
