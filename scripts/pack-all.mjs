/**
 * `npm run pack-all` packs all packages of a release into `target/packages/`: those of the platforms, and then the main
 * one, whose optional dependencies they are. It refuses if a platform of the release has no folder or no binary, if a
 * binary breaks a rule, or if versions differ. `npm run publish-all` publishes them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { inspect } from './native-rules.mjs';
import { binaryName, folderOf, manifestOf } from './platform-folder.mjs';
import { packages, tarballs as output } from './publish.mjs';
import { main, Refusal, root } from './steps.mjs';
import { RELEASED } from './targets.mjs';

/** Returns what is wrong with the folder of a platform's package; null if nothing is. */
function problemOf(platform, version) {
  const folder = folderOf(platform);
  const binary = join(folder, binaryName(platform));
  if (!existsSync(binary)) return `${platform} has no binary: npm run prebuilds -- ${platform}`;
  const { faults } = inspect(binary);
  if (faults.length > 0) return `the binary of ${platform} is not fit: ${faults.join('; ')}`;
  const file = join(folder, 'package.json');
  const manifest = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (manifest !== `${JSON.stringify(manifestOf(platform, version), null, 2)}\n`) {
    return `npm/${platform}/package.json is not of this version: npm run prebuilds -- ${platform}`;
  }
  const notices = join(folder, 'LICENSES', 'third-party.txt');
  return existsSync(notices) ? null : `npm/${platform} lacks LICENSES: npm run prebuilds`;
}

/** Packs one folder. */
function pack(folder) {
  const args = ['pack', '--silent', '--pack-destination', output, folder];
  const packed = spawnSync('npm', args, { cwd: root, encoding: 'utf8' });
  if (packed.status !== 0) throw new Refusal(`npm pack ${folder} failed: ${packed.stderr}`);
}

/** Packs all packages. Returns the paths of the files that it made. */
export function packAll() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const problems = RELEASED.map((platform) => problemOf(platform, version)).filter(Boolean);
  const others = readdirSync(join(root, 'npm')).filter((name) => !RELEASED.includes(name));
  if (others.length > 0) problems.push(`npm/ has folders of no release: ${others.join(', ')}`);
  if (problems.length > 0) throw new Refusal(problems.join('; '));
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  return packages(version).map(({ folder, file }) => {
    pack(folder);
    if (!existsSync(file)) throw new Refusal(`npm pack ${folder} did not make ${file}`);
    return file;
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(() => {
    for (const file of packAll()) process.stdout.write(`${file}\n`);
  });
}
