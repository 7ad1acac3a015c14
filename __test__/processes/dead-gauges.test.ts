/** Gauges that count the dead, in processes that are killed, compared with the Python client. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, expect, test, vi } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { Application, Program } from '../support/application';
import { source } from '../support/programs';
import { samples } from '../support/samples';

const made: Application[] = [];
const folders: string[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** How often a worker is killed and replaced. */
const RESPAWNS = Number(process.env['MPMETRICS_TEST_RESPAWNS'] ?? 60);

function application(files: Record<string, string>): Application {
  const app = new Application(files);
  made.push(app);
  return app;
}

async function ask(program: Program, line: string): Promise<string> {
  program.tell(line);
  return program.line();
}

/** Processes that run one program, numbered in the order of their starts. */
class Processes {
  private readonly names = new Map<string, string>();
  private readonly start: () => Program;

  constructor(start: () => Program) {
    this.start = start;
  }

  async started(): Promise<[Program, pid: string]> {
    const program = this.start();
    const pid = await program.line();
    this.names.set(pid, String(this.names.size + 1));
    return [program, pid];
  }

  /** Returns the values by the name of the gauge; of a gauge with a label pid, by name and number of the process. */
  async shown(asked: Program): Promise<Record<string, number>> {
    const rows = JSON.parse(await ask(asked, 'show')) as string[];
    const values = rows.map((row): [string, number] => {
      const [, name, pid, value] = /^(\w+)\{(?:k="x"|,|pid="(\d+)")+\} (\S+)$/.exec(row) ?? [row];
      return [pid === undefined ? name! : `${name!} ${this.names.get(pid)!}`, Number(value)];
    });
    return Object.fromEntries(values);
  }
}

/** One process sets 5 and dies, a second sets 2 and dies, a third sets 9. Returns the values after each step. */
async function afterSteps(
  processes: Processes,
  signal: NodeJS.Signals,
): Promise<Record<string, Record<string, number>>> {
  const [asked] = await processes.started();
  const seen: Record<string, Record<string, number>> = {};
  const note = async (step: string): Promise<void> => {
    seen[step] = await processes.shown(asked);
  };
  const died = async (program: Program, pid: string): Promise<void> => {
    program.child.kill(signal);
    await program.ended;
    // Without this call, the Python client shows a dead process in its live gauges for ever.
    if (asked.child.spawnfile.includes('python')) await ask(asked, `end ${pid}`);
  };
  const [one, first] = await processes.started();
  await ask(one, 'set 5');
  await note('living');
  await died(one, first);
  await note('dead');
  const [two, second] = await processes.started();
  await note('adopted');
  await ask(two, 'set 2');
  await note('two');
  await died(two, second);
  await note('two dead');
  const [three] = await processes.started();
  await ask(three, 'set 9');
  await note('two generations');
  return seen;
}

function ours(): Processes {
  const app = application({ 'app.js': source('processes/dead-gauges/app.cjs') });
  const env = { MPMETRICS_SEGMENT: `${app.segmentsIn}/dead.heap` };
  return new Processes(() => app.run('app.js', { env }));
}

/** Returns what the live gauges show if, of all living processes, only `process` has set its gauges, to `value`. */
const living = (value: number, process: string): Record<string, number> => ({
  livesum: value,
  livemin: value,
  livemax: value,
  livemostrecent: value,
  [`liveall ${process}`]: value,
});

const ONE = { keep_sum: 5, keep_first: 5, keep_min: 5, keep_max: 5, keep_mostrecent: 5 };
const TWO = { keep_sum: 7, keep_first: 5, keep_min: 2, keep_max: 5, keep_mostrecent: 2 };
const THREE = { keep_sum: 16, keep_first: 5, keep_min: 2, keep_max: 9, keep_mostrecent: 9 };

/** The values after each step. Process 1 scrapes. */
const STEPS: Record<string, Record<string, number>> = {
  living: { ...ONE, 'keep_all 2': 5, ...living(5, '2') },
  dead: { ...ONE, 'keep_all 2': 5 },
  adopted: { ...ONE, 'keep_all 2': 5 },
  two: { ...TWO, 'keep_all 2': 5, 'keep_all 3': 2, ...living(2, '3') },
  'two dead': { ...TWO, 'keep_all 2': 5, 'keep_all 3': 2 },
  'two generations': {
    ...THREE,
    ...{ 'keep_all 2': 5, 'keep_all 3': 2, 'keep_all 4': 9 },
    ...living(9, '4'),
  },
};

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'every aggregator shows what the dead left, before and after the adoption of their slots: %s',
  async (signal) => {
    expect(await afterSteps(ours(), signal)).toEqual(STEPS);
  },
);

test.skipIf(lacks('prometheus_client'))('the Python client shows the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-python-'));
  folders.push(folder);
  const packages = join(__dirname, '..', '..', '.cache', 'python');
  const env = { ...process.env, PYTHONPATH: packages, PROMETHEUS_MULTIPROC_DIR: folder };
  const start = (): Program =>
    new Program(spawn('python3', ['-c', source('processes/dead-gauges/app.py')], { env }));
  const shown = await afterSteps(new Processes(start), 'SIGKILL');
  for (const [step, expected] of Object.entries(STEPS)) {
    // The Python client has no mode `first`.
    const rest = Object.entries(expected).filter(([name]) => name !== 'keep_first');
    expect(shown[step], step).toEqual(Object.fromEntries(rest));
  }
});

test('markProcessDead() takes the gauges of a dead process out of its slot, and scrapes stay the same', async () => {
  const processes = ours();
  const [asked] = await processes.started();
  const [one, pid] = await processes.started();
  await ask(one, 'set 5');
  expect(await ask(asked, `end ${pid}`)).toBe('0');
  const before = await processes.shown(asked);
  one.child.kill('SIGKILL');
  await one.ended;
  expect(await ask(asked, `end ${pid}`)).toBe('11');
  expect(await ask(asked, `end ${pid}`)).toBe('0');
  expect(await processes.shown(asked)).toEqual({ ...ONE, 'keep_all 2': 5 });
  expect(before).toEqual(STEPS['living']);
});

test('a living process that loses its slot is counted once, also if another process adopts the slot', async () => {
  const processes = ours();
  const [asked] = await processes.started();
  const [one] = await processes.started();
  await ask(one, 'set 5');
  expect(Number(await ask(one, 'lose'))).toBeGreaterThan(1);
  // The values move to the new slot a moment later.
  await vi.waitFor(async () => {
    expect(await processes.shown(asked)).toEqual(STEPS['living']);
  }, 10_000);
  const [two] = await processes.started();
  expect(await processes.shown(asked)).toEqual(STEPS['living']);
  await ask(two, 'set 2');
  expect(await processes.shown(asked)).toMatchObject({ keep_sum: 7, livesum: 7, keep_max: 5 });
  await ask(one, 'set 1');
  expect(await processes.shown(asked)).toMatchObject({ keep_sum: 3, livesum: 3, keep_max: 2 });
});

test('the heap does not grow with respawns', { timeout: RESPAWNS * 10_000 }, async () => {
  const app = application({ 'respawn.js': source('processes/dead-gauges/respawn.cjs') });
  const program = app.run('respawn.js', { args: [String(RESPAWNS)] });
  const [before, after] = [
    samples(JSON.parse(await program.line(RESPAWNS * 10_000)) as string),
    samples(JSON.parse(await program.line(RESPAWNS * 10_000)) as string),
  ];
  for (const figure of ['heap_used_bytes', 'series']) {
    expect(after.get(`mpmetrics_${figure}`)).toBe(before.get(`mpmetrics_${figure}`));
  }
  expect(after.get('sum{k="7"}')).toBe(RESPAWNS);
  expect(after.get('max{k="7"}')).toBe(1);
  expect(after.get('mostrecent{k="7"}')).toBe(1);
  const all = [...after.keys()].filter((row) => row.startsWith('all{k="7"'));
  // Eight residues, and the gauge of the last worker, whose slot no process has adopted.
  expect(all).toHaveLength(9);
  expect(after.get('mpmetrics_dropped_lives_total')).toBe(RESPAWNS - 9);
});
