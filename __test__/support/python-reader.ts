/** Reads OpenMetrics texts with the parser of Prometheus's Python client, which is independent of this project. */

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const packages = join(__dirname, '..', '..', '.cache', 'python');

const PROGRAM = `
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
for line in sys.stdin:
    try:
        families = [{
            "name": family.name, "type": family.type, "help": family.documentation,
            "samples": [[s.name, s.labels, repr(float(s.value)), s.exemplar and [
                s.exemplar.labels, repr(float(s.exemplar.value)), repr(float(s.exemplar.timestamp))]]
                for s in family.samples],
        } for family in text_string_to_metric_families(json.loads(line))]
        answer = {"families": families}
    except Exception as error:
        answer = {"error": repr(error)}
    print(json.dumps(answer), flush=True)
`;

/** A sample: name, labels, value, and an exemplar's labels, value and time; numbers as Python spells them. */
export type PythonSample = [
  name: string,
  labels: Record<string, string>,
  value: string,
  exemplar: [labels: Record<string, string>, value: string, time: string] | null,
];

export interface PythonFamily {
  name: string;
  type: string;
  help: string;
  samples: PythonSample[];
}

export class PythonReader {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string>;

  constructor() {
    const env = { ...process.env, PYTHONPATH: packages, PYTHONUTF8: '1' };
    this.child = spawn('python3', ['-c', PROGRAM], { env });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.child.stderr.pipe(process.stderr);
  }

  /** Reads a text; rejects with the parser's error and the text. */
  async read(text: string): Promise<PythonFamily[]> {
    this.child.stdin.write(`${JSON.stringify(text)}\n`);
    const line = await this.lines.next();
    if (line.done === true) throw new Error('python3 ended, see above');
    const answer = JSON.parse(line.value) as { families?: PythonFamily[]; error?: string };
    if (answer.families === undefined) throw new Error(`${answer.error}\n${text}`);
    return answer.families;
  }

  close(): void {
    this.child.stdin.end();
  }
}

/** Parses a number as Python spells it. */
export function pythonNumber(text: string): number {
  if (text === 'nan') return NaN;
  if (text.endsWith('inf')) return text === 'inf' ? Infinity : -Infinity;
  return Number(text);
}
