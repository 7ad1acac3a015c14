#!/usr/bin/env node
/** The command `mpmetrics`. */

import { run } from './commands';
import { ownTerminal } from './commands/terminal';

void run(process.argv.slice(2), ownTerminal()).then((code) => {
  process.exitCode = code;
});
