/** `mpmetrics doctor`: what an application loads, and what works on this machine. */

import { resolve } from 'path';

import { examine } from '../doctor';
import type { Command } from './command';

export const doctor: Command = {
  name: 'doctor',
  synopsis: '[folder]',
  summary: 'what an application loads, what works here, what to change',
  details: `Says which copies of prom-client and its successors the application in a folder (this one, if
none is given) may load, whether the native module and shared memory work, what to write into
package.json, and what will differ; the last line is the verdict.

Exit codes: 0 if all is well; 1 if something does not work on this machine; 2 for a wrong
command, or a folder without a package.json; 3 if all works, but another client is installed, and
programs that load it do not get mpmetrics in its place.`,
  options: {},
  most: 1,
  run([folder = '.'], _, terminal) {
    const { lines, code } = examine(resolve(folder));
    terminal.print(lines.join('\n'));
    return code;
  },
};
