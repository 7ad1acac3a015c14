/** `mpmetrics rm`: removes the segment of a dead application. */

import { removeSegment } from '../segment-reader';
import { chooseApplication, nameOf } from './applications';
import { Misuse, type Command } from './command';
import { counted } from './terminal';

export const rm: Command = {
  name: 'rm',
  synopsis: 'APP',
  summary: "removes a dead application's segment, and with it its counts",
  details: `APP is the name of the application's package, a pid, or the path of the segment. If a dead
and a living application have the name, the dead one is meant. The heap lock is taken first, so
that no process attaches meanwhile.

Exit codes: 0 if the segment is removed; 1 if the application lives, or the file is no segment of
this version; 2 for a wrong command, or if APP is no application or several.`,
  options: {},
  most: 1,
  async run([app], _, terminal) {
    if (app === undefined) throw new Misuse('rm needs the application whose segment it removes');
    const application = await chooseApplication(app, 'dead');
    const pids = removeSegment(application.path);
    if (pids.length > 0) {
      const used = counted(pids.length, 'process uses', 'processes use');
      terminal.tell(
        `${nameOf(application)} lives: ${used} ${application.path} (${pids.join(', ')})`,
      );
      return 1;
    }
    terminal.print(`removed ${application.path}`);
    return 0;
  },
};
