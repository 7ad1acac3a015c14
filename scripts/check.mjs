/**
 * All checks, and how to run them:
 *
 * - `npm run check` runs the checks before a push, `npm run check -- eslint types` only these two;
 * - `node scripts/check.mjs commit` runs those that only read the sources: the hook in `.githooks` calls it;
 * - `.ci/run` calls `node scripts/check.mjs ci`.
 *
 * If a check fails, the others still run, so that one run shows all errors. There are two exceptions: if the build
 * fails, or if something that the tests need is missing in CI, only those of the others run that are `early`.
 */
import { pathToFileURL } from 'node:url';

import { cargoEnvironment } from './environment.mjs';
import { install } from './install.mjs';
import { main, Refusal, run, step } from './steps.mjs';

/** The occasions on which checks are run. */
const OCCASIONS = ['commit', 'check', 'ci'];

/** The occasions for checks that only read the sources. */
const ALWAYS = OCCASIONS;

/**
 * @typedef {object} Check
 * @property {string[]} on the occasions on which it is run
 * @property {string} command
 * @property {number} [seconds] its budget in CI, on a machine of two cores; 720 in all
 * @property {boolean} [first] whether no other check runs if it fails, apart from those that are `early`
 * @property {boolean} [early] whether it needs nothing that is built, so that it runs beside the first ones
 * @property {boolean} [alone] whether it runs after the others, alone
 * @property {boolean} [tells] whether its output is shown at once; otherwise it is shown only if the check fails
 */

/** @type {Record<string, Check>} */
export const CHECKS = {
  build: {
    on: ['check', 'ci'],
    seconds: 70,
    // It installs the development dependencies where they are missing.
    command: 'node scripts/build.mjs',
    first: true,
    tells: true,
  },
  needs: {
    on: ['ci'],
    seconds: 20,
    command: 'node scripts/needs.mjs',
    first: true,
    tells: true,
  },
  floor: {
    on: ['ci'],
    seconds: 5,
    command: 'node scripts/floor.mjs',
    tells: true,
  },
  rustfmt: {
    on: ALWAYS,
    seconds: 5,
    command: 'cargo fmt --all -- --check',
  },
  'clippy-core': {
    on: ALWAYS,
    seconds: 15,
    command:
      'cargo clippy --release -p mpmetrics-core --all-targets --features kill-points --quiet -- -D warnings',
  },
  'clippy-binding': {
    on: ALWAYS,
    seconds: 10,
    // No `--all-targets`, which adds a test build: the crate has no Rust tests, and a test build exports nothing.
    command: 'cargo clippy --release -p mpmetrics-node --quiet -- -D warnings',
  },
  rustdoc: {
    on: ['check', 'ci'],
    seconds: 5,
    command: 'cargo doc --release -p mpmetrics-core --no-deps --document-private-items --quiet',
  },
  eslint: {
    on: ALWAYS,
    seconds: 20,
    command: 'npm run --silent lint',
    early: true,
  },
  prettier: {
    on: ALWAYS,
    seconds: 10,
    command: 'npm run --silent format:check',
    early: true,
  },
  types: {
    on: ALWAYS,
    seconds: 20,
    command: 'npm run --silent typecheck',
  },
  // In CI, `tests` runs these two as well.
  specs: {
    on: ['check'],
    command: 'node scripts/specs.mjs',
  },
  units: {
    on: ['check'],
    command: 'cargo test --profile checked -p mpmetrics-core --lib --quiet',
  },
  tests: {
    on: ['ci'],
    seconds: 480,
    command: 'npm --silent test',
    alone: true,
    tells: true,
  },
  subset: {
    on: ['ci'],
    seconds: 60,
    command: 'node scripts/subset.mjs 22 24 26',
    alone: true,
    tells: true,
  },
};

/**
 * Returns the names of the checks that a command line asks for, in the order of {@link CHECKS}.
 *
 * @param {string[]} args an occasion, or names of checks
 */
export function chosen(args) {
  const names = Object.keys(CHECKS);
  const [occasion = 'check'] = args;
  if (args.length < 2 && OCCASIONS.includes(occasion)) {
    return names.filter((name) => CHECKS[name].on.includes(occasion));
  }
  const unknown = args.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new Refusal(`no check is called ${unknown}; there are ${names.join(', ')}`);
  }
  return names.filter((name) => args.includes(name));
}

/** Runs a check. Rejects with a Refusal if the check fails. */
function perform(name, env) {
  const { command, seconds, tells } = CHECKS[name];
  const [program, ...args] = command.split(' ');
  return step(name, async () => {
    await run(program === 'node' ? process.execPath : program, args, { env, show: tells === true });
    return process.env.CI && seconds !== undefined ? `of ${seconds} s` : undefined;
  });
}

function isRust(name) {
  return CHECKS[name].command.startsWith('cargo ');
}

async function check(args) {
  const cargo = cargoEnvironment();
  const asked = chosen(args);
  // Without cargo, the checks of Rust are left out, except in CI: a change of TypeScript alone needs no Rust.
  const out = cargo === null && !process.env.CI ? asked.filter(isRust) : [];
  if (out.length > 0) {
    process.stderr.write(`! cargo was not found, and these are left out: ${out.join(', ')}\n`);
  }
  const names = asked.filter((name) => !out.includes(name));
  // `npm test` builds, unless this variable says that the check `build` has done so.
  const env = { ...cargo, ...(names.includes('build') ? { MPMETRICS_BUILT: '1' } : {}) };
  const failed = [];
  const lane = async (checks) => {
    for (const name of checks) {
      try {
        await perform(name, env);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        process.stderr.write(`! ${error.message}\n`);
        failed.push(name);
      }
    }
  };
  const chosenBy = (property) => names.filter((name) => CHECKS[name][property]);
  const first = chosenBy('first');
  const early = first.length > 0 ? chosenBy('early') : [];
  const alone = chosenBy('alone');
  const rest = names.filter((name) => ![first, early, alone].flat().includes(name));
  // What runs early needs the development dependencies, which `build` also installs.
  if (early.length > 0) await install();
  const others = lane(early);
  try {
    for (const name of first) await perform(name, env);
  } catch (error) {
    await others;
    throw error;
  }
  // The checks of Rust run beside the others. `tests` and `subset` run alone, because the programs that they start need
  // both processors.
  await Promise.all([
    lane(rest.filter(isRust)),
    others.then(() => lane(rest.filter((name) => !isRust(name)))),
  ]);
  await lane(alone);
  if (failed.length > 0) {
    throw new Refusal(`failed: ${failed.join(', ')}; again: npm run check -- ${failed.join(' ')}`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(async () => {
    const start = Date.now();
    await check(process.argv.slice(2));
    process.stderr.write(`✓ all of it: ${((Date.now() - start) / 1000).toFixed(1)} s\n`);
  });
}
