/** `mpmetrics textfile`: a file of another application's metrics, for node_exporter's textfile collector. */

import { PROMETHEUS_CONTENT_TYPE } from '../exposition';
import { checkedTextfile, rewrite } from '../registry';
import { SegmentReader } from '../segment-reader';
import { messageOf } from '../errors';
import { nameOf } from './applications';
import { Misuse, numberOf, textOf, type Command } from './command';
import { Target } from './target';
import { untilEnded } from './terminal';

/** How often the file is written, in seconds, as `textfile()` has it. */
const INTERVAL = 15;

export const textfile: Command = {
  name: 'textfile',
  synopsis: '[APP] -o FILE.prom [-i SECONDS] [--once]',
  summary: "writes a file for node_exporter's textfile collector",
  details: `Writes the metrics into the file at once and then every few seconds; a reader sees the old text
or the new one, never a part. APP is the name of the application's package, a pid, or the path of
its segment; it can be left out where only one lives. When the application has died, its last
counts stay in the file. A write that fails leaves the file as it was, and is reported.

  -o, --output FILE       the file, whose name ends with .prom
  -i, --interval SECONDS  15 if left out
  --once                  writes it once, and ends

Ends at SIGINT or SIGTERM, after a last write. Exit codes: 0; 1 if the first or the last write
fails; 2 for a wrong command, or if APP is no application or several.`,
  options: {
    output: { type: 'string', short: 'o' },
    interval: { type: 'string', short: 'i' },
    once: { type: 'boolean' },
  },
  most: 1,
  async run([app], given, terminal) {
    const output = textOf(given, 'output');
    if (output === undefined) throw new Misuse('textfile needs the file to write: -o FILE.prom');
    const mode = modeFor(output);
    const rule = 'a number of seconds above 0, at most 86400';
    const isInterval = (number: number): boolean => number > 0 && number <= 86_400;
    const seconds = numberOf(given, 'interval', rule, isInterval) ?? INTERVAL;
    const target = await Target.of(app);
    const reader = new SegmentReader(target.locate);
    const write = async (): Promise<boolean> => {
      try {
        const text = await reader.metrics({ contentType: PROMETHEUS_CONTENT_TYPE });
        await rewrite(output, text, mode);
        return true;
      } catch (error) {
        terminal.tell(`${output} is not written: ${messageOf(error)}`);
        return false;
      }
    };
    if (!(await write())) return 1;
    if (given['once'] === true) return 0;
    terminal.print(`${nameOf(target.application)} is written to ${output} every ${seconds} s`);
    // The turns of one file do not overlap, however slow a write is.
    let turns = Promise.resolve();
    let waiting = false;
    const timer = setInterval(() => {
      if (waiting) return;
      waiting = true;
      turns = turns.then(async () => {
        await write();
        waiting = false;
      });
    }, seconds * 1000);
    await untilEnded();
    clearInterval(timer);
    await turns;
    return (await write()) ? 0 : 1;
  },
};

/** Returns the mode of the file. Throws a {@link Misuse} if it is no file that the collector reads. */
function modeFor(output: string): number {
  try {
    return checkedTextfile(output).mode;
  } catch (error) {
    throw new Misuse(`--output: ${messageOf(error)}`);
  }
}
