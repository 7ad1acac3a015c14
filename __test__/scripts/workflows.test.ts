/** The workflows of GitHub Actions, and the jobs of `prebuild.yml` that `scripts/matrix.mjs` prints. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { actionlintPath, ARGUMENTS } from '../../scripts/actionlint.mjs';
import { builds, runs } from '../../scripts/matrix.mjs';
import { lacks } from '../../scripts/needs.mjs';
import { RELEASED } from '../../scripts/targets.mjs';

const root = join(__dirname, '..', '..');
const folder = join(root, '.github', 'workflows');
const files = readdirSync(folder);
const text = (name: string) => readFileSync(join(folder, name), 'utf8');

/** Returns what actionlint says about a workflow. */
function lint(input: string): string {
  const options = { cwd: root, input, encoding: 'utf8' } as const;
  const { stdout, stderr, error } = spawnSync(actionlintPath, [...ARGUMENTS, '-'], options);
  if (error !== undefined) throw error;
  return stdout + stderr;
}

describe.skipIf(lacks('actionlint'))('actionlint', () => {
  test.each(files)('finds nothing in %s', (name) => {
    expect(lint(text(name))).toBe('');
  });

  test('finds a job that is waited for and does not exist', () => {
    const broken = text('prebuild.yml').replace('needs: [native, foreign,', 'needs: [natives,');
    expect(lint(broken)).toContain('natives');
  });

  // The jobs take the names of their machines from a computed matrix, which actionlint does not check. So the test puts
  // each name into a workflow of its own.
  test('knows the machines on which the jobs run', () => {
    const { native, foreign } = runs();
    const machines = [...new Set([...native, ...foreign].map(({ runner }) => runner))];
    const workflow = (name: string) =>
      `on: push\njobs:\n  one:\n    runs-on: ${name}\n    steps:\n      - run: 'true'\n`;
    expect(machines.map((name) => lint(workflow(name))).join('')).toBe('');
    expect(lint(workflow('ubuntu-24.04-risc'))).toContain('ubuntu-24.04-risc');
  });
});

test.each(files)('the commands in %s exist', (name) => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  for (const [, script] of text(name).matchAll(/\bnpm run (\S+)/g)) {
    expect(Object.keys(scripts), name).toContain(script);
  }
  for (const [, path] of text(name).matchAll(/\bnode (\S+\.mjs)/g)) {
    expect(existsSync(join(root, path!)), path).toBe(true);
  }
});

describe('the jobs of a release', () => {
  const { native, foreign } = runs();

  test('build each platform that is released, once', () => {
    expect(builds().map(({ platform }) => platform)).toEqual(RELEASED);
    expect(builds()).toContainEqual({
      platform: 'linux-ppc64-gnu',
      triple: 'powerpc64le-unknown-linux-gnu',
    });
  });

  test('run each platform that is released', () => {
    const run = new Set([...native, ...foreign].map(({ platform }) => platform));
    expect([...run].sort()).toEqual([...RELEASED].sort());
  });

  test("run on the platform's own processor where GitHub has such a machine", () => {
    expect(native).toEqual([
      { guest: 'x64-glibc', platform: 'linux-x64-gnu', runner: 'ubuntu-24.04' },
      { guest: 'arm64-glibc', platform: 'linux-arm64-gnu', runner: 'ubuntu-24.04-arm' },
    ]);
    expect(foreign).toContainEqual({
      guest: 'arm64-musl',
      platform: 'linux-arm64-musl',
      runner: 'ubuntu-24.04-arm',
    });
    expect(foreign).toContainEqual({
      guest: 's390x',
      platform: 'linux-s390x-gnu',
      runner: 'ubuntu-24.04',
    });
  });

  test('publish only for a tag, after all other jobs, with a provenance', () => {
    const [, job] = text('prebuild.yml').split(/^ {2}publish:$/m);
    expect(job).toMatch(/^ {4}if: github\.ref_type == 'tag'$/m);
    expect(job).toMatch(/^ {4}needs: \[native, foreign, pairs, packages\]$/m);
    expect(job).toMatch(/^ {6}id-token: write$/m);
    expect(job).toMatch(/npm run publish-all -- "\$GITHUB_REF_NAME" --provenance$/m);
    expect(text('prebuild.yml').match(/id-token/g)).toHaveLength(1);
  });
});
