/**
 * The jobs of `.github/workflows/prebuild.yml`: which platforms are built, and on which systems they are run.
 * `node scripts/matrix.mjs` prints them as outputs of a step, each a line of JSON.
 */
import { pathToFileURL } from 'node:url';

import { GUESTS } from './guests.mjs';
import { main } from './steps.mjs';
import { RELEASED, TARGETS } from './targets.mjs';

/** GitHub's machines, by system and processor as Node.js names them. */
const RUNNERS = {
  'linux x64': 'ubuntu-24.04',
  'linux arm64': 'ubuntu-24.04-arm',
  'darwin arm64': 'macos-15',
  'darwin x64': 'macos-15-intel',
};

/** The machine that builds all platforms, and runs those that GitHub has no machine for, under qemu-user. */
const ANY = RUNNERS['linux x64'];

/** The jobs that build, each with Rust's name of its platform. */
export function builds() {
  return RELEASED.map((platform) => ({ platform, triple: TARGETS[platform].triple }));
}

/**
 * @typedef {object} Run
 * @property {string} guest that runs the platform: a name in GUESTS
 * @property {string} platform
 * @property {string} runner GitHub's name of the machine
 */

/**
 * The jobs that run the platforms.
 *
 * @returns {{ native: Run[], foreign: Run[] }} `native`: on machines with the libraries of their own system;
 *   `foreign`: in a container of Debian, with the libraries of another system, and perhaps under qemu-user
 */
export function runs() {
  const native = [];
  const foreign = [];
  for (const [guest, { platform, debian, npm }] of Object.entries(GUESTS)) {
    const { os, cpu, released } = TARGETS[platform];
    if (!released) continue;
    const own = RUNNERS[`${os} ${cpu}`];
    // A guest whose Node.js comes from an npm package needs no libraries of Debian if GitHub has a machine for its
    // platform: it runs with the glibc of that machine.
    const needsOthers = debian !== undefined && !(own !== undefined && npm !== undefined);
    (needsOthers ? foreign : native).push({ guest, platform, runner: own ?? ANY });
  }
  return { native, foreign };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(() => {
    for (const [name, jobs] of Object.entries({ builds: builds(), ...runs() })) {
      process.stdout.write(`${name}=${JSON.stringify(jobs)}\n`);
    }
  });
}
