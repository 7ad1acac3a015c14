/**
 * Node.js' permission model forbids native code. The package then warns once, keeps metrics in the process's own
 * memory, and otherwise behaves as prom-client does under the same flags.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { installNode, MAJORS } from '../../scripts/nodes.mjs';
import { Application, Program } from '../support/application';
import { source } from '../support/programs';

const root = join(__dirname, '..', '..');
const oracle = createRequire(__filename).resolve('prom-client');
const OWN = Number(process.versions.node.split('.')[0]);

interface Seen {
  texts: string[][];
  names: [string, string][];
  after: string[];
  defaults: string[];
}

const nodes = new Map<number, string>([[OWN, process.execPath]]);
const majors = [...new Set([OWN, ...MAJORS])];
let app: Application;

beforeAll(async () => {
  if (lacks('Node.js 22, 24 and 26')) return;
  for (const major of MAJORS) if (major !== OWN) nodes.set(major, await installNode(major));
});
beforeEach(() => {
  app = new Application({ 'app.js': source('environments/permission/app.cjs') });
});
afterEach(() => {
  app.remove();
});

function start(
  major: number,
  flags: readonly string[],
  client: string,
  env: Record<string, string> = {},
): Program {
  const on = major < 22 ? '--experimental-permission' : '--permission';
  // Since Node.js 25 the permission model restricts the network, too.
  const net = major < 25 ? [] : ['--allow-net'];
  const child = spawn(nodes.get(major)!, [on, ...net, ...flags, 'app.js', client], {
    cwd: app.folder,
    env: app.environment(env),
  });
  return new Program(child);
}

async function seen(program: Program): Promise<Seen> {
  const seen = JSON.parse(await program.line()) as Seen;
  expect(await program.ended).toBe(0);
  return seen;
}

/** The warnings of a program, without the one that Node.js prints for the experimental flag. */
function warnings(program: Program): string[] {
  const all = program.errors.match(/^\(node:.*$/gm) ?? [];
  return all.filter((line) => !line.includes('ExperimentalWarning'));
}

/** Declares a test for this Node.js, and for the other versions if they are installed. */
const on = test.for(
  majors.map((major) => ({ major, out: major !== OWN && lacks('Node.js 22, 24 and 26') })),
);

on('Node.js $major, without native code: as prom-client', async ({ major, out }, { skip }) => {
  skip(out);
  const read = [app.folder, root].map((folder) => `--allow-fs-read=${folder}/*`);
  const program = start(major, read, 'mpmetrics');
  const found = await seen(program);
  const expected = await seen(start(major, read, oracle));
  expect(found.texts).toEqual(expected.texts);
  expect(found.names).toEqual(expected.names);
  expect(found.after).toEqual(expected.after);
  expect(found.defaults).toEqual(expect.arrayContaining(expected.defaults));
  expect(expected.defaults.length).toBeGreaterThan(10);
  expect(warnings(program)).toHaveLength(1);
  expect(program.errors).toContain('[MPMETRICS_MEMORY]');
  expect(app.segments()).toEqual([]);
});

on('Node.js $major, with native code allowed: shared memory', async ({ major, out }, { skip }) => {
  skip(out);
  const flags = ['--allow-addons', '--allow-fs-read=*', '--allow-fs-write=*'];
  const segment = join(app.segmentsIn, 'allowed.heap');
  const program = start(major, flags, 'mpmetrics', { MPMETRICS_SEGMENT: segment });
  const found = await seen(program);
  expect(found.texts[1]).toContain('c_total{a="x",app="a"} 2');
  expect(existsSync(segment)).toBe(true);
  expect(warnings(program).filter((line) => !line.includes('SecurityWarning'))).toEqual([]);
});
