#!/usr/bin/env node
/** The command `mpmetrics`. */

import { resolve } from 'path';
import { parseArgs } from 'util';

import { examine, ownVersion } from './doctor';
import { messageOf } from './errors';

const USAGE = `usage: mpmetrics doctor [folder]
       mpmetrics --version | --help

Says which copies of prom-client and its successors the application in a folder (this one, if
none is given) may load, whether the native module and shared memory work, what to write into
package.json, and what will differ; the last line is the verdict. Exits with 0 if all is well,
with 1 if something does not work on this machine, with 2 for a wrong command or a folder without a
package.json, with 3 if all works, but another client is installed, and programs that load it do not
get mpmetrics in its place.`;

function run(): number {
  const { values, positionals } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean', short: 'v' },
    },
    allowPositionals: true,
  });
  if (values.help === true) {
    console.log(USAGE);
    return 0;
  }
  if (values.version === true) {
    console.log(ownVersion());
    return 0;
  }
  const [command, folder = '.', ...more] = positionals;
  if (command !== 'doctor' || more.length > 0) {
    console.error(USAGE);
    return 2;
  }
  const { lines, code } = examine(resolve(folder));
  console.log(lines.join('\n'));
  return code;
}

try {
  process.exitCode = run();
} catch (error) {
  console.error(`mpmetrics: ${messageOf(error)}`);
  process.exitCode = 2;
}
