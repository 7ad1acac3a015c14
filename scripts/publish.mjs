/**
 * `npm run pack-all` packs all packages of a release into `target/packages/`: those of the platforms, and then the main
 * one, whose optional dependencies they are. It refuses if a platform of the release has no folder or no binary, if a
 * binary breaks a rule, or if versions differ.
 *
 * `npm run pack-all -- --publish --dry-run` then hands them to `npm publish` in the same order, so that the main package
 * can be installed as soon as it is there. Without `--dry-run`, that publishes them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { inspect } from './native-rules.mjs';
import { binaryName, folderOf, manifestOf } from './platform-folder.mjs';
import { main, Refusal, root, run, step } from './steps.mjs';
import { RELEASED } from './targets.mjs';

const output = join(root, 'target', 'packages');

/** Returns what is wrong with the folder of a platform's package; null if nothing is. */
function problemOf(platform, version) {
  const folder = folderOf(platform);
  const binary = join(folder, binaryName(platform));
  if (!existsSync(binary)) return `${platform} has no binary: npm run prebuilds -- ${platform}`;
  const { faults } = inspect(binary);
  if (faults.length > 0) return `the binary of ${platform} is not fit: ${faults.join('; ')}`;
  const manifest = readFileSync(join(folder, 'package.json'), 'utf8');
  if (manifest !== `${JSON.stringify(manifestOf(platform, version), null, 2)}\n`) {
    return `npm/${platform}/package.json is not of this version: npm run prebuilds -- ${platform}`;
  }
  const notices = join(folder, 'LICENSES', 'third-party.txt');
  return existsSync(notices) ? null : `npm/${platform} lacks LICENSES: npm run prebuilds`;
}

/** Packs one folder. Returns the path of the tarball. */
function pack(folder) {
  const args = ['pack', '--silent', '--pack-destination', output, folder];
  const packed = spawnSync('npm', args, { cwd: root, encoding: 'utf8' });
  if (packed.status !== 0) throw new Refusal(`npm pack ${folder} failed: ${packed.stderr}`);
  return join(output, packed.stdout.trim().split('\n').at(-1));
}

main(async () => {
  const args = process.argv.slice(2);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const problems = RELEASED.map((platform) => problemOf(platform, version)).filter(Boolean);
  const others = readdirSync(join(root, 'npm')).filter((name) => !RELEASED.includes(name));
  if (others.length > 0) problems.push(`npm/ has folders of no release: ${others.join(', ')}`);
  if (problems.length > 0) throw new Refusal(problems.join('; '));
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  const tarballs = [];
  for (const folder of [...RELEASED.map((platform) => `./npm/${platform}`), '.']) {
    tarballs.push(pack(folder));
    process.stdout.write(`${tarballs.at(-1)}\n`);
  }
  if (!args.includes('--publish')) return;
  const options = ['--access', 'public', ...args.filter((one) => one !== '--publish')];
  for (const tarball of tarballs) {
    await step(`publishing ${tarball}`, () => run('npm', ['publish', tarball, ...options]));
  }
});
