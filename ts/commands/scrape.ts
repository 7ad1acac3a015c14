/** `mpmetrics scrape`: the metrics of an application, also of a blocked or dead one. */

import {
  extraOf,
  OPENMETRICS_CONTENT_TYPE,
  outputOf,
  PROMETHEUS_CONTENT_TYPE,
  type MetricRows,
} from '../exposition';
import type { SegmentReading } from '../native';
import { readSegment } from '../segment-reader';
import type { Snapshot } from '../snapshot';
import { chooseApplication, namedApplication, nameOf, type Application } from './applications';
import { atMostOne, Misuse, type Command, type Given } from './command';
import { csvText } from './csv';
import { byProcess, chosen, jsonText, type Choice } from './rows';
import { counted, type Terminal } from './terminal';

const FORMATS = ['openmetrics', 'json', 'csv'];

export const scrape: Command = {
  name: 'scrape',
  synopsis: '[APP] [name...] [--openmetrics | --json | --csv] [--by-process] [--match X]',
  summary: 'the metrics of an application, also of a blocked or dead one',
  details: `APP is the name of the application's package, a pid, or the path of its segment; it can be left
out where only one lives. Other arguments are names of metrics; all are printed if none is given.
Nothing is asked of the application: "collect" callbacks do not run, and what its processes keep
in their own memory is not shown. A registry's prefix is not in the segment.

  --openmetrics     OpenMetrics 1.0; text format 0.0.4 if no format is given
  --json            the form of getMetricsAsJSON()
  --csv             name, type, labels, value
  --by-process      what each process counted, with its pid (and cluster worker) as a label
  --match PATTERN   metrics whose names fit, * stands for any characters; can be repeated

Exit codes: 0; 1 if the segment cannot be read, or lacks one of the metrics; 2 for a wrong command,
or if APP is no application or several.`,
  options: {
    openmetrics: { type: 'boolean' },
    json: { type: 'boolean' },
    csv: { type: 'boolean' },
    'by-process': { type: 'boolean' },
    match: { type: 'string', multiple: true },
  },
  most: Infinity,
  async run(args, given, terminal) {
    atMostOne(given, FORMATS);
    const { application, names } = await meant(args);
    const parts = given['by-process'] === true ? 'processes' : 'application';
    const reading = await readSegment(application.path, parts);
    const patterns = [given['match'] ?? []].flat().map(String);
    const wanted = [
      ...names.map((text) => ({ text, fits: literally(text) })),
      ...patterns.map((text) => ({ text, fits: pattern(text) })),
    ];
    const choice: Choice = (name) =>
      wanted.length === 0 || wanted.some(({ fits }) => fits.test(name));
    const snapshot = chosen(reading.snapshot!, choice);
    const missing = wanted.filter(
      ({ fits }) => !snapshot.families.some(({ name }) => fits.test(name)),
    );
    for (const { text } of missing) {
      terminal.tell(`${nameOf(application)} has no metric ${text} in ${application.path}`);
    }
    if (missing.length > 0 && snapshot.families.length === 0) return 1;
    const text = await printed(reading, snapshot, choice, given);
    if (text !== '') terminal.print(terminal.shown(text));
    warn(reading, terminal);
    return missing.length === 0 ? 0 : 1;
  },
};

/** Returns the application that the first argument names, or else the only one; and the names of metrics. */
async function meant(
  args: readonly string[],
): Promise<{ application: Application; names: readonly string[] }> {
  const [first, ...rest] = args;
  if (first === undefined) return { application: await chooseApplication(undefined), names: [] };
  const named = await namedApplication(first);
  if (named !== null) return { application: named, names: rest };
  if (/^\d+$/.test(first)) return { application: await chooseApplication(first), names: rest };
  try {
    return { application: await chooseApplication(undefined), names: args };
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    // More than one application lives, or none: the argument has to name one.
    return { application: await chooseApplication(first), names: rest };
  }
}

/** Returns the text without a line break at its end. */
async function printed(
  reading: SegmentReading,
  snapshot: Snapshot,
  choice: Choice,
  { json, csv, openmetrics, 'by-process': apart }: Given,
): Promise<string> {
  const rows = (): Promise<MetricRows[]> =>
    apart === true ? byProcess(reading, choice) : snapshot.json();
  if (json === true) return jsonText(await rows());
  if (csv === true) return csvText(await rows());
  const format = openmetrics === true ? 'openmetrics' : 'text';
  const contentType = openmetrics === true ? OPENMETRICS_CONTENT_TYPE : PROMETHEUS_CONTENT_TYPE;
  const families = async () => (await rows()).map((metric) => extraOf(metric, null, format));
  const text =
    apart === true ? outputOf(await families(), format) : await snapshot.text({ contentType });
  return text.replace(/\n+$/, '');
}

/** Tells what the output lacks. */
function warn({ torn, damaged, copies }: SegmentReading, terminal: Terminal): void {
  if (torn > 0) {
    const what = counted(torn, 'histogram or summary was', 'histograms and summaries were');
    terminal.tell(
      `${what} being updated at each of ${counted(copies, 'read')}: sums and buckets may be an observation apart`,
    );
  }
  if (damaged > 0) terminal.tell(`${counted(damaged, 'damaged record')} left out`);
}

function literally(name: string): RegExp {
  return new RegExp(`^${escaped(name)}$`);
}

function pattern(glob: string): RegExp {
  return new RegExp(`^${glob.split('*').map(escaped).join('.*')}$`);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
