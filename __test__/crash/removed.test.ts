/** The segment's file is removed by a stranger: systemd's `RemoveIPC`, a cleaner of temporary files, `rm -rf`. */
import type { ChildProcess } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';

import type { Application } from '../support/application';
import { type Program } from '../support/application';
import { buildLockHolder, holdLock } from '../support/hold-lock';
import { ask, obedient, performing, scraped } from '../support/obedient';

const made: Application[] = [];
const holders: ChildProcess[] = [];
beforeAll(buildLockHolder, 300_000);
afterEach(() => {
  for (const holder of holders.splice(0)) holder.kill('SIGKILL');
  for (const app of made.splice(0)) app.remove();
});

/** Milliseconds within which scrapes must show all counts. Even on a busy machine, a missing file is noticed sooner. */
const PATIENCE = 20_000;

const METRICS = `await ${performing('crash/removed/metrics.cjs')};`;

/**
 * Returns the samples that a scrape has to show after so many updates of a series.
 *
 * @param lives whether the process that made them is alive, so that its gauges are shown
 */
function figures(n: string, times: number, lives: boolean): [string, number][] {
  const of = (name: string, more = '') => `${name}{${more}n="${n}"}`;
  const all: [string, number][] = [
    [of('c'), times],
    [`h_bucket{le="1",n="${n}"}`, 0],
    [`h_bucket{le="2",n="${n}"}`, times],
    [of('h_count'), times],
    [of('h_sum'), 1.5 * times],
    [of('s_count'), times],
    [of('s_sum'), 7 * times],
    [of('w_count'), times],
  ];
  if (lives) all.push([of('g'), times], [of('recent'), times - 1]);
  return all;
}

/** Scrapes until all samples have the expected values; fails if they do not in time. */
async function expectSeen(by: Program, wanted: [string, number][]): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const { seen } = await scraped(by);
    if (Date.now() > deadline || wanted.every(([name, value]) => seen.get(name) === value)) {
      expect(wanted.map(([name]) => [name, seen.get(name)])).toEqual(wanted);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function segmentOf(app: Application): string {
  return join(app.segmentsIn, 'test.heap');
}

/** Returns code that adds to the shared gauge, and to a counter for comparison. */
const add = (by: number): string =>
  `kept.all.inc({ n: 'all' }, ${by}); kept.c.inc({ n: 'all' }, ${by});`;

/** Blocks the event loop of a program until there is the file `go`; then the program runs `goesOn`. */
async function block(program: Program, go: string, goesOn = ''): Promise<void> {
  program.tell(
    `console.log('blocked'); while (!require('fs').existsSync(${JSON.stringify(go)})) ; ${goesOn}`,
  );
  expect(await program.line()).toBe('blocked');
}

/**
 * Starts two processes. A shared gauge has the value 2, and the process `waits` adds 5 to it. The additions cannot be
 * stored in the old segment, where the gauge is sealed. The heap lock of the new segment is held until `free` is
 * called, so the process cannot follow into the new segment.
 */
async function waiting(cells: string): Promise<{ one: Program; waits: Program; free: () => void }> {
  const [one, waits] = obedient(2, made, { MPMETRICS_CELLS: cells });
  await ask(one!, `${METRICS} kept.update('one', 1)`);
  await ask(waits!, `${METRICS} kept.update('waits', 1)`);
  const segment = segmentOf(made[0]!);
  const go = `${segment}.go`;
  // While it is blocked, it does not find that the file is gone.
  await block(waits!, go, `for (let i = 0; i < 5; i++) kept.all.inc({ n: 'all' }, 1);`);
  rmSync(segment);
  await expectSeen(one!, [['shared{n="all"}', 2]]);
  await expect.poll(() => existsSync(segment), { timeout: PATIENCE }).toBe(true);
  const holder = await holdLock(segment, holders);
  writeFileSync(go, '');
  expect(await waits!.line(60_000)).toBe('null');
  return {
    one: one!,
    waits: waits!,
    free: () => {
      holder.kill('SIGKILL');
    },
  };
}

test.each(['direct', 'ordered', 'native'])(
  'additions to a shared gauge that is sealed in the old segment reach the new one, though the lock there is held: %s',
  async (cells) => {
    const { one, waits, free } = await waiting(cells);
    waits.child.kill('SIGKILL');
    await waits.ended;
    free();
    await expectSeen(one, [['shared{n="all"}', 7]]);
  },
  120_000,
);

test.each(['direct', 'ordered', 'native'])(
  'a process that waits for the lock of the new segment goes on with a shared gauge: %s',
  async (cells) => {
    const { one, waits, free } = await waiting(cells);
    // reset() does not change a shared gauge, which belongs to all processes.
    await ask(waits, `kept.all.reset()`);
    free();
    await expectSeen(one, [['shared{n="all"}', 7]]);
    await ask(waits, `kept.all.inc({ n: 'all' }, 1)`);
    await expectSeen(one, [['shared{n="all"}', 8]]);
  },
  120_000,
);

/** Seals a shared gauge, as the process does that copies the segment. */
function seal(segment: string, value: number): void {
  const bits = Buffer.alloc(8);
  bits.writeDoubleLE(value);
  const at = readFileSync(segment).indexOf(bits);
  expect(at % 8).toBe(0);
  const sealed = Buffer.alloc(16);
  sealed.writeBigUInt64LE(0x7ff4_5345_414c_4544n);
  bits.copy(sealed, 8);
  const file = openSync(segment, 'r+');
  writeSync(file, sealed, 0, 16, at);
  closeSync(file);
}

test.each(['direct', 'ordered', 'native'])(
  'updates of a shared gauge are kept while a process that makes a copy is stopped: %s',
  async (cells) => {
    const [one, two] = obedient(2, made, { MPMETRICS_CELLS: cells });
    await ask(one!, `${METRICS} kept.all.inc({ n: 'all' }, 4711.5)`);
    await ask(two!, `${METRICS} kept.all.inc({ n: 'all' }, 0)`);
    const segment = segmentOf(made[0]!);
    const holder = await holdLock(segment, holders);
    seal(segment, 4711.5);
    rmSync(segment);
    const update = `for (let i = 0; i < 5; i++) kept.all.inc({ n: 'all' }, 1)`;
    await ask(one!, update);
    await ask(two!, update);
    holder.kill('SIGKILL');
    await expectSeen(one!, [['shared{n="all"}', 4721.5]]);
    await ask(two!, update);
    await expectSeen(two!, [['shared{n="all"}', 4726.5]]);
  },
  120_000,
);

test.each([`kept.all.remove({ n: 'all' })`, `kept.all.resetEverywhere()`])(
  'a removal or reset of a shared gauge that waits for the lock undoes earlier additions but no later one: %s',
  async (removed) => {
    const { one, waits, free } = await waiting('direct');
    await ask(waits, `${removed}; kept.all.inc({ n: 'all' }, 1)`);
    free();
    await expectSeen(one, [['shared{n="all"}', 1]]);
  },
  120_000,
);

test.each(['direct', 'ordered', 'native'])(
  'if others made a segment meanwhile, its value of a shared gauge is added to the value in the copy, once: %s',
  async (cells) => {
    const [one, other, late, last] = obedient(4, made, { MPMETRICS_CELLS: cells });
    const segment = segmentOf(made[0]!);
    await ask(one!, `${METRICS} ${add(5)}`);
    await ask(other!, `${METRICS} ${add(2)}`);
    await block(one!, `${segment}.first`);
    await block(other!, `${segment}.first`);
    rmSync(segment);
    // These two processes make their metrics after the removal, so they never map the old segment.
    await ask(late!, `${METRICS} ${add(3)}`);
    await ask(last!, `${METRICS} ${add(4)}`);
    await block(last!, `${segment}.last`);
    writeFileSync(`${segment}.first`, '');
    expect(await one!.line(60_000)).toBe('null');
    expect(await other!.line(60_000)).toBe('null');
    await expectSeen(late!, [['shared{n="all"}', 14]]);
    await ask(one!, add(100));
    writeFileSync(`${segment}.last`, '');
    expect(await last!.line(60_000)).toBe('null');
    for (const program of [one!, other!, late!, last!]) {
      await expectSeen(program, [
        ['shared{n="all"}', 114],
        ['c{n="all"}', 114],
      ]);
    }
  },
  120_000,
);

test.each(['direct', 'ordered', 'native'])(
  'a shared gauge keeps its value if a copy displaces a segment whose writer still has a pending series: %s',
  async (cells) => {
    const [one, late] = obedient(2, made, { MPMETRICS_CELLS: cells });
    const segment = segmentOf(made[0]!);
    await ask(one!, `${METRICS} ${add(5)}`);
    await block(one!, `${segment}.first`);
    rmSync(segment);
    await ask(late!, `${METRICS} ${add(3)}`);
    const holder = await holdLock(segment, holders);
    // A pending series keeps the process from leaving its segment at once.
    late!.tell(
      `kept.c.inc({ n: 'new' }, 1); console.log('blocked');` +
        `while (!require('fs').existsSync(${JSON.stringify(`${segment}.late`)})) ; ${add(4)}`,
    );
    expect(await late!.line()).toBe('blocked');
    holder.kill('SIGKILL');
    writeFileSync(`${segment}.first`, '');
    expect(await one!.line(60_000)).toBe('null');
    writeFileSync(`${segment}.late`, '');
    expect(await late!.line(60_000)).toBe('null');
    for (const program of [one!, late!]) {
      await expectSeen(program, [
        ['shared{n="all"}', 12],
        ['c{n="all"}', 12],
      ]);
    }
  },
  120_000,
);

test.each(['direct', 'ordered', 'native'])(
  'a new segment has the counts of active, idle and dead processes: %s',
  async (cells) => {
    const [one, idle, dead] = obedient(3, made, { MPMETRICS_CELLS: cells });
    for (const [program, n] of [
      [one, 'one'],
      [idle, 'idle'],
      [dead, 'dead'],
    ] as const) {
      await ask(program!, `${METRICS} kept.update('${n}', 10)`);
    }
    dead!.child.kill('SIGKILL');
    await dead!.ended;
    rmSync(segmentOf(made[0]!));
    // Updates bound series only, because making a series would check for the file.
    await ask(one!, `kept.update('one', 5)`);
    const wanted = [
      ...figures('one', 15, true).filter(([name]) => !name.startsWith('recent')),
      ...figures('idle', 10, true),
      ...figures('dead', 10, false),
      ['shared{n="all"}', 35] as [string, number],
    ];
    await expectSeen(one!, wanted);
    await expectSeen(idle!, wanted);
    // A process that starts now finds the new segment, too, and all processes count on.
    const late = made[0]!.run('obey.js', { env: { MPMETRICS_SEGMENT: segmentOf(made[0]!) } });
    await ask(late, `${METRICS} kept.update('one', 1); kept.update('new', 2)`);
    await ask(idle!, `kept.update('idle', 3); kept.update('another', 4)`);
    const then: [string, number][] = [
      ['c{n="one"}', 16],
      ['h_sum{n="idle"}', 19.5],
      ['s_count{n="another"}', 4],
      ['g{n="idle"}', 13],
      ['shared{n="all"}', 45],
    ];
    await expectSeen(late, then);
    await expectSeen(one!, then);
    expect(
      await ask(one!, `return require('node:fs').statSync('${segmentOf(made[0]!)}').nlink`),
    ).toBe(1);
    const text = await ask<string>(one!, 'return kept.om.metrics()');
    expect(text).toContain('id="dead"');
    expect(text).toContain('id="idle"');
    for (const program of [one!, idle!]) {
      expect(program.errors.match(/MPMETRICS_REMOVED/g)).toHaveLength(1);
    }
  },
  120_000,
);

test('a removed series of a gauge begins from zero if no segment can be made', async () => {
  const [one, two] = obedient(2, made, {});
  await ask(one!, `${METRICS} kept.recent.set({ n: 'all' }, 10)`);
  await ask(two!, `${METRICS} kept.recent.set({ n: 'two' }, 1)`);
  const folder = made[0]!.segmentsIn;
  rmSync(folder, { recursive: true });
  writeFileSync(folder, 'no folder');
  await ask(two!, `kept.recent.removeEverywhere({ n: 'all' })`);
  await ask(one!, `kept.recent.inc({ n: 'all' }, 1)`);
  await expectSeen(one!, [['recent{n="all"}', 1]]);
  rmSync(folder);
});
