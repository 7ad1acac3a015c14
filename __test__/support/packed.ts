/** The package as it is published: the tarballs that `npm pack` makes. */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { npm } from './npm';

const root = join(__dirname, '..', '..');

/** Paths of the tarballs of the package and of its binary for this platform. */
export interface Tarballs {
  main: string;
  platform: string;
}

/**
 * Packs a copy, because packing writes to package.json for a moment.
 *
 * @param copy path of the folder to make
 * @param env the environment of npm
 */
export async function pack(copy: string, env?: NodeJS.ProcessEnv): Promise<Tarballs> {
  const published = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'dist'];
  // Leaves out the other folders in `npm/`: they are of platforms that someone built on this machine, and packing would
  // make each of them an optional dependency.
  for (const name of [...published, 'npm/linux-x64-gnu', 'scripts']) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  const before = readFileSync(join(copy, 'package.json'), 'utf8');
  const main = await npm(copy, ['pack', '--silent'], env);
  const after = readFileSync(join(copy, 'package.json'), 'utf8');
  if (after !== before) throw new Error(`packing left another package.json: ${after}`);
  const platform = await npm(copy, ['pack', '--silent', './npm/linux-x64-gnu'], env);
  return { main: join(copy, main.trim()), platform: join(copy, platform.trim()) };
}
