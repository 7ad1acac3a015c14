/**
 * `npm run platforms [-- guest…]` runs the smoke test of each native module that `npm run prebuilds` has built, on each
 * system of `scripts/guests.mjs` that this machine can run; then on two systems at once that share a segment; then the
 * specs of `scripts/guest-specs.mjs` on each system; and without names, it packs the packages and installs them for each
 * platform with each package manager (`scripts/installs.mjs`). With `--pairs`, it only runs systems that share a segment.
 * It prints the tables of docs/PLATFORMS.md. All of it takes minutes, and is not part of `.ci/run`; the workflow
 * `prebuild.yml` runs each system in a job of its own.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { bundleSpecs, runSpecs } from './guest-specs.mjs';
import { GUESTS, installGuest, runsHere, withoutOn, wordsOf } from './guests.mjs';
import { installs } from './installs.mjs';
import { inspect } from './native-rules.mjs';
import { packAll } from './pack-all.mjs';
import { binaryName, modulePath } from './platform-folder.mjs';
import { main, Refusal, root } from './steps.mjs';
import { TARGETS } from './targets.mjs';

/** The longest time that one run may take. */
const PATIENCE_MS = 180_000;

/**
 * The folder that holds the smoke test. Its `npm/` has the native modules that `npm run prebuilds` made; the
 * checkout's `npm/` may have another module, because `npm run build` overwrites the one of this machine there.
 */
const stage = join(root, 'target', 'platforms');

/**
 * Pairs of systems that share a segment, with the expected result. Processes on the first system make the series, and a
 * process on the second system updates them, too.
 */
const PAIRS = [
  ['x64-glibc', 'x64-glibc-2.31', 'exact'],
  ['x64-glibc', 'x64-musl', 'it is of 64-bit programs with glibc'],
  ['arm64-glibc', 'x64-glibc', 'exact'],
  ['arm64-musl', 'x64-musl', 'exact'],
  ['arm64-glibc', 'armv7', 'it is of 64-bit programs with glibc'],
];

function makeStage() {
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(join(stage, '__test__', 'platforms'), { recursive: true });
  cpSync(join(root, 'dist'), join(stage, 'dist'), { recursive: true });
  copyFileSync(
    join(root, '__test__', 'platforms', 'smoke.cjs'),
    join(stage, '__test__', 'platforms', 'smoke.cjs'),
  );
  for (const platform of new Set(Object.values(GUESTS).map((guest) => guest.platform))) {
    if (!existsSync(modulePath(platform))) continue;
    mkdirSync(join(stage, 'npm', platform), { recursive: true });
    copyFileSync(modulePath(platform), join(stage, 'npm', platform, binaryName(platform)));
  }
}

/**
 * Runs the smoke test.
 *
 * @param {string} name of the guest
 * @param {Record<string, string>} [more] environment variables
 * @param {string} [beside] another guest, one of whose processes updates, too
 * @returns {{ versions: string, result: string }} `result` is what went wrong, or `exact`. If the only fault is the one
 *   that the guest may have, `result` begins with `exact` and names the fault
 */
function smoke(name, more = {}, beside) {
  const { command, env, wrapper } = installGuest(name);
  const other = beside === undefined ? {} : installGuest(beside);
  const shared = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const folder = mkdtempSync(join(shared, 'mpmetrics-smoke-'));
  try {
    const file = join(stage, '__test__', 'platforms', 'smoke.cjs');
    // If one of the systems is emulated, both run in the namespace in which `in-qemu.sh` registers the emulators.
    const [first, ...rest] = [
      ...(wrapper[0] ? wrapper : (other.wrapper ?? [])),
      ...command,
      file,
      folder,
    ];
    const done = spawnSync(first, rest, {
      env: {
        ...process.env,
        ...env,
        ...more,
        SMOKE_NODE: JSON.stringify(command),
        ...(beside === undefined ? {} : { SMOKE_OTHER: JSON.stringify(other) }),
      },
      encoding: 'utf8',
      timeout: PATIENCE_MS,
      killSignal: 'SIGKILL',
    });
    const line = done.stdout.split('\n').find((one) => one.startsWith('{'));
    const { versions, wrong: found } = line === undefined ? { versions: '' } : JSON.parse(line);
    const without = withoutOn(name);
    const wrong = found?.filter((one) => without === undefined || !one.endsWith(without));
    const lacking = found?.some((one) => one === without) ? `, but ${without}` : '';
    if (wrong?.length === 0) return { versions, result: `exact${lacking}` };
    const message = /^\w*Error: .*$/m.exec(done.stderr)?.[0];
    const error = /incompatible segment: [^;]*/.exec(message)?.[0] ?? message;
    return {
      versions,
      result: error ?? wrong?.join('; ') ?? `no answer (${done.signal ?? done.status})`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs each guest, and prints the first table. Returns what is not as it should be. */
function runGuests(names) {
  const failures = [];
  process.stdout.write(
    '| package | bytes | glibc | ran on | Node.js | result |\n| --- | --- | --- | --- | --- | --- |\n',
  );
  for (const name of names) {
    const { platform } = GUESTS[name];
    const words = wordsOf(name);
    if (!existsSync(modulePath(platform))) {
      failures.push(`${platform} is not built: npm run prebuilds -- ${platform}`);
      continue;
    }
    const { faults, bytes, glibc } = inspect(modulePath(platform));
    const { versions, result } = smoke(name);
    process.stdout.write(
      `| \`${platform}\` | ${bytes} | ${glibc ?? '–'} | ${words} | ${versions} | ${result} |\n`,
    );
    if (existsSync(modulePath(platform, true))) {
      const locked = smoke(name, { MPMETRICS_NATIVE: modulePath(platform, true) }).result;
      process.stdout.write(
        `| \`${platform}\`, locked words | | | ${words} | ${versions} | ${locked} |\n`,
      );
      if (!locked.startsWith('exact')) failures.push(`${name}, locked words: ${locked}`);
    }
    if (faults.length > 0) failures.push(`${platform}: ${faults.join('; ')}`);
    if (!result.startsWith('exact')) failures.push(`${name}: ${result}`);
  }
  return failures;
}

/** Runs each pair of guests that are both named, and prints the second table. Returns what is not as it should be. */
function runPairs(names) {
  const failures = [];
  process.stdout.write('\n| one segment, shared by | and by | result |\n| --- | --- | --- |\n');
  for (const [name, other, expected] of PAIRS) {
    if (!names.includes(name) || !names.includes(other)) continue;
    const { result } = smoke(name, {}, other);
    process.stdout.write(`| ${name} | ${other} | ${result} |\n`);
    if (!result.includes(expected)) failures.push(`${name} and ${other}: ${result}`);
  }
  return failures;
}

/** Runs the specs on each guest, and prints the third table. Returns what is not as it should be. */
async function runCompat(names) {
  const failures = [];
  await bundleSpecs();
  process.stdout.write('\n| system | as prom-client | not |\n| --- | --- | --- |\n');
  for (const name of names) {
    const native = modulePath(GUESTS[name].platform);
    if (!existsSync(native)) continue;
    const { passed, failed } = runSpecs(installGuest(name), native);
    const not = failed.length > 0 ? failed.join('; ') : 'none';
    process.stdout.write(`| ${name} | ${passed} | ${not} |\n`);
    if (failed.length > 0) failures.push(`${name}, specs: ${not}`);
  }
  return failures;
}

main(async () => {
  const args = process.argv.slice(2);
  const pairsOnly = args.includes('--pairs');
  const named = args.filter((one) => one !== '--pairs');
  const unknown = named.find((one) => !Object.hasOwn(GUESTS, one));
  if (unknown !== undefined) {
    throw new Refusal(`no guest is called ${unknown}; there are ${Object.keys(GUESTS).join(', ')}`);
  }
  const all = Object.keys(GUESTS).filter(
    (one) => runsHere(one) && TARGETS[GUESTS[one].platform].released,
  );
  const chosen = named.length > 0 ? named : all;
  makeStage();
  const failures = pairsOnly ? [] : runGuests(chosen);
  failures.push(...runPairs(chosen));
  if (!pairsOnly) failures.push(...(await runCompat(chosen)));
  if (named.length === 0 && !pairsOnly) {
    packAll();
    failures.push(...(await installs()));
  }
  if (failures.length > 0) throw new Refusal(failures.join('\n'));
});
