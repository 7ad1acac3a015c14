/**
 * `node scripts/guest-core.mjs guest…` builds the core's tests for systems of `scripts/guests.mjs` and runs them there. It
 * prints a table for docs/PLATFORMS.md: how many tests passed, and which failed. Under qemu-user, some must fail; that
 * file says why.
 */
import { spawn, spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';

import { compilerFor } from './compilers.mjs';
import { GUESTS, installGuest } from './guests.mjs';
import { main, Refusal, root } from './steps.mjs';
import { linkTarget, TARGETS } from './targets.mjs';

/** The longest time that one test program may take, in milliseconds. */
const PATIENCE_MS = 1_800_000;

/** Test programs of deaths under a robust mutex. qemu-user does not notice such deaths, so that these programs wait. */
const NOT_UNDER_QEMU = ['mutex', 'exemplars_killed'];

function nameOf(program) {
  return basename(program).replace(/-[0-9a-f]+$/, '');
}

/** Returns the paths of the test programs for a platform. */
function programsFor(target, compiler) {
  const args = ['zigbuild', '--profile', 'checked', '--tests', '-p', 'mpmetrics-core', '--quiet'];
  args.push('--target-dir', join(root, 'target', 'guests'), ...compiler.args);
  args.push('--target', linkTarget(target), '--message-format=json');
  const made = spawnSync('cargo', args, {
    cwd: root,
    env: { ...process.env, ...compiler.env },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (made.status !== 0) throw new Refusal(`the tests could not be built: ${made.stderr}`);
  const messages = made.stdout.split('\n').filter((line) => line.startsWith('{'));
  const programs = messages.map((line) => JSON.parse(line).executable);
  return programs.filter((path) => typeof path === 'string');
}

/** Runs a test program. Resolves with the number of tests that passed and the names of those that failed. */
function outcome(program, { env, wrapper }) {
  const [first, ...rest] = [...wrapper, program, '--test-threads=2'];
  return new Promise((resolve) => {
    let text = '';
    const child = spawn(first, rest, {
      cwd: join(root, 'crates', 'mpmetrics-core'),
      env: { ...process.env, ...env },
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    child.stdout.on('data', (chunk) => (text += chunk));
    child.stderr.resume();
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const name = nameOf(program);
      const named = [...text.matchAll(/^test (\S+).* \.\.\. FAILED$/gm)].map(
        ([, test]) => `${name} ${test}`,
      );
      const passed = [...text.matchAll(/^test .* \.\.\. ok$/gm)].length;
      // Rust's test programs exit with 101 if a test failed. A program that ends in another way, or with 101 but
      // without a failed test, ended in the middle of its tests.
      const ended =
        code === 0 || (code === 101 && named.length > 0)
          ? []
          : [`${name} ended with ${signal ?? code}`];
      resolve({ passed, failed: [...named, ...ended] });
    });
  });
}

main(async () => {
  const names = process.argv.slice(2);
  const unknown = names.find((one) => !Object.hasOwn(GUESTS, one));
  if (unknown !== undefined || names.length === 0) {
    throw new Refusal(
      `expected one or more of ${Object.keys(GUESTS).join(', ')}, and got: ${names.join(' ')}`,
    );
  }
  process.stdout.write(
    '| system | programs | tests that passed | that failed |\n| --- | --- | --- | --- |\n',
  );
  for (const name of names) {
    const target = TARGETS[GUESTS[name].platform];
    const compiler = compilerFor(target);
    if (compiler.missing !== undefined) throw new Refusal(compiler.missing.join('; '));
    const guest = installGuest(name);
    const all = programsFor(target, compiler);
    const left = guest.wrapper.length > 0 ? NOT_UNDER_QEMU : [];
    const programs = all.filter((program) => !left.includes(nameOf(program)));
    let passed = 0;
    const failed = [];
    for (const program of programs) {
      const one = await outcome(program, guest);
      passed += one.passed;
      failed.push(...one.failed);
    }
    process.stdout.write(
      `| ${name} | ${programs.length} | ${passed} | ${failed.join(', ') || 'none'} |\n`,
    );
  }
});
