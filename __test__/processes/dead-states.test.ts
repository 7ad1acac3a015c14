/** State sets and infos that count the dead, in processes that are killed. */
import { afterEach, expect, test } from 'vitest';

import { Application, type Program } from '../support/application';
import { source } from '../support/programs';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** Starts programs; their pids are numbered in the order of the starts. */
class Programs {
  private readonly app = new Application({ 'app.js': source('processes/dead-states/app.cjs') });
  private readonly pids: string[] = [];

  constructor() {
    made.push(this.app);
  }

  async start(): Promise<Program> {
    const env = { MPMETRICS_SEGMENT: `${this.app.segmentsIn}/dead.heap` };
    const program = this.app.run('app.js', { env });
    this.pids.push(await program.line());
    return program;
  }

  /**
   * Returns the rows that are not 0: the name, the state (of an info, the version), the number of the process if the
   * row has a pid, and the value if it is not 1.
   */
  async shown(asked: Program): Promise<string[]> {
    asked.tell('show');
    const rows = JSON.parse(await asked.line()) as string[];
    const short = rows.map((row) => {
      const [, name, labels, number] = /^(\w+)\{(.*)\} (\d)$/.exec(row)!;
      const of = new Map(labels!.split(',').map((pair) => pair.split('=') as [string, string]));
      const pid = of.get('pid')?.slice(1, -1);
      const value = (of.get(name!) ?? of.get('version'))!.slice(1, -1);
      const who = pid === undefined ? '' : ` ${this.pids.indexOf(pid)}`;
      return `${name!} ${value}${who}${number === '1' ? '' : ` = ${number!}`}`;
    });
    return short.sort();
  }
}

async function tell(program: Program, line: string): Promise<void> {
  program.tell(line);
  await program.line();
}

const ONE = [
  'build_info 1',
  ...['enum_all a 1', 'enum_count a', 'enum_mostrecent a'],
  ...['set_all a 1', 'set_all c 1', 'set_any a', 'set_any c', 'set_every a', 'set_every c'],
];
const TWO = [
  ...['build_info 1', 'build_info 2'],
  ...['enum_all a 1', 'enum_all b 2', 'enum_count a', 'enum_count b', 'enum_mostrecent b'],
  ...['set_all a 1', 'set_all b 2', 'set_all c 1', 'set_all c 2'],
  ...['set_any a', 'set_any b', 'set_any c', 'set_every c'],
];
const THREE = [
  ...['build_info 1', 'build_info 2', 'build_info 3'],
  ...['enum_all a 1', 'enum_all b 2', 'enum_all b 3'],
  ...['enum_count a', 'enum_count b = 2', 'enum_mostrecent b'],
  ...['set_all a 1', 'set_all b 2', 'set_all b 3', 'set_all c 1', 'set_all c 2', 'set_all c 3'],
  ...['set_any a', 'set_any b', 'set_any c', 'set_every c'],
];
const LIVING = (state: string) => [`living ${state}`, `living_set ${state}`, 'living_set c'];

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'the states that the dead left are shown before and after their adoption: %s',
  async (signal) => {
    const programs = new Programs();
    const asked = await programs.start();
    const died = async (program: Program): Promise<void> => {
      program.child.kill(signal);
      await program.ended;
    };
    const one = await programs.start();
    await tell(one, 'set a 1');
    expect(await programs.shown(asked)).toEqual([...ONE, ...LIVING('a')].sort());
    await died(one);
    expect(await programs.shown(asked)).toEqual(ONE);
    const two = await programs.start();
    expect(await programs.shown(asked)).toEqual(ONE);
    await tell(two, 'set b 2');
    expect(await programs.shown(asked)).toEqual([...TWO, ...LIVING('b')].sort());
    await died(two);
    expect(await programs.shown(asked)).toEqual(TWO);
    const three = await programs.start();
    expect(await programs.shown(asked)).toEqual(TWO);
    await tell(three, 'set b 3');
    expect(await programs.shown(asked)).toEqual([...THREE, ...LIVING('b')].sort());
    asked.tell('metrics');
    const text = JSON.parse(await asked.line()) as string;
    expect(text).toContain('# TYPE build info\n');
    expect(text).toContain('# TYPE enum_mostrecent stateset\n');
  },
);
