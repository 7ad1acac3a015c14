/**
 * Containers that crash, each with a pid namespace of its own, and a directory in memory that outlives them: their
 * segments do not pile up, and the next container always has room to start.
 */
import { execFileSync, spawn } from 'child_process';
import { mkdtempSync, readdirSync, rmSync, statfsSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { Application, Program } from '../support/application';
import { source } from '../support/programs';

/** Bytes of the directory's file system: less than the segments of three containers need. */
const SIZE = 9 << 20;

let app: Application;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mpmetrics-containers-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', folder]);
  app = new Application({
    // The first argument says which processes there are: one (`alone`), or a worker and its primary, which has metrics
    // (`primary`) or none (`worker`).
    'app.js': source('crash/containers/app.cjs'),
  });
});

afterEach(() => {
  execFileSync('umount', ['--lazy', folder]);
  rmSync(folder, { recursive: true });
  app.remove();
});

/** Runs a program as the first process of new namespaces. */
function container(shape: string, count: number, mark: string): Program {
  const own = [
    '--mount',
    '--uts',
    '--ipc',
    '--net',
    '--pid',
    '--fork',
    '--mount-proc',
    '--kill-child',
  ];
  const args = [...own, process.execPath, 'app.js', shape, String(count), mark];
  const env = { MPMETRICS_DIR: folder };
  return new Program(spawn('unshare', args, { cwd: app.folder, env: app.environment(env) }));
}

function used(): number {
  const { blocks, bfree, bsize } = statfsSync(folder);
  return (blocks - bfree) * bsize;
}

function segments(): string[] {
  const uid = process.geteuid!();
  return readdirSync(join(folder, `mpmetrics-${uid}`)).filter((name) => name.endsWith('.heap'));
}

async function killed({ child, ended }: Program): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

/** Waits until a container has counted, and checks that it sees only its own metrics. */
async function counted(program: Program, count: number, mark: string): Promise<void> {
  const seen: unknown = JSON.parse(await program.line());
  expect(seen).toEqual({ shown: count, starts: [`starts_total{mark="${mark}"} 1`] });
  expect(program.errors).toBe('');
}

const contained = test.skipIf(lacks('CAP_SYS_ADMIN') || lacks('util-linux'));

contained.each([
  ['alone', 50],
  ['primary', 8],
  ['worker', 8],
])(
  'the segments after the last crash need less than twice the room of those after the third: %s, %i crashes',
  async (shape, crashes) => {
    const after: number[] = [];
    for (let crash = 1; crash <= crashes; crash++) {
      const program = container(shape, 8_000, String(crash));
      await counted(program, 8_000, String(crash));
      await killed(program);
      after.push(used());
      // When a container starts, it removes the segment of the container before it. With the shape `worker` it does so
      // only if it needs the room: it cannot tell whether the old primary, which has no metrics, still lives.
      if (shape !== 'worker') expect(segments()).toHaveLength(1);
    }
    expect(after.at(-1)! / after[2]!).toBeLessThan(2);
  },
  600_000,
);

contained(
  'the segment of a living process in another namespace stays; that of dead ones is removed if another needs room',
  async () => {
    const living = container('alone', 1_000, 'living');
    await counted(living, 1_000, 'living');
    const cluster = container('worker', 8_000, 'cluster');
    await counted(cluster, 8_000, 'cluster');
    await killed(cluster);
    expect(segments()).toHaveLength(2);
    const last = container('alone', 22_000, 'last');
    await counted(last, 22_000, 'last');
    expect(segments()).toHaveLength(2);
    for (const program of [living, last]) {
      expect(program.errors).toBe('');
      await killed(program);
    }
  },
);
