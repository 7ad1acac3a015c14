/**
 * `npm run publish-all -- <tag> [npm's options]` publishes the packages that `npm run pack-all` has made: those of the
 * platforms first, so that the main package can be installed as soon as it is there. The tag must be that of this
 * version, such as `v15.2.0`. What the registry already has is left out, so that a second run goes on where the first
 * one failed. With `--dry-run`, npm publishes nothing.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { main, Refusal, root, run, step } from './steps.mjs';
import { RELEASED } from './targets.mjs';

const call = promisify(execFile);

/** The folder of the packages, each a file. */
export const tarballs = join(root, 'target', 'packages');

/**
 * @typedef {object} Package
 * @property {string} name
 * @property {string} version
 * @property {string} folder that is packed, from the repository's root
 * @property {string} file the path of what `npm pack` makes of it
 */

/**
 * Returns the packages of a release, in the order in which they are published.
 *
 * @param {string} version
 * @returns {Package[]}
 */
export function packages(version) {
  const one = (name, folder) => {
    return { name, version, folder, file: join(tarballs, `${name}-${version}.tgz`) };
  };
  const ofPlatforms = RELEASED.map((name) => one(`mpmetrics-${name}`, `./npm/${name}`));
  return [...ofPlatforms, one('mpmetrics', '.')];
}

/** Resolves with the hash of a package's bytes in the registry; null if that lacks the package or this version. */
async function published({ name, version }, env) {
  const args = ['view', `${name}@${version}`, 'dist.integrity', '--json'];
  const asked = await call('npm', args, { cwd: root, env }).catch((error) => error);
  const { stdout, stderr } = asked;
  if (!(asked instanceof Error)) return stdout.trim() === '' ? null : JSON.parse(stdout);
  if (/E404/.test(`${stdout}${stderr}`)) return null;
  throw new Refusal(`npm ${args.join(' ')} failed: ${stderr || asked.message}`);
}

/**
 * Publishes packages, one after another. Refuses at the first one that fails, and if the registry has other bytes of
 * the same version.
 *
 * @param {Package[]} list
 * @param {string[]} options of `npm publish`
 * @param {NodeJS.ProcessEnv} [env] the environment of npm
 */
export async function publish(list, options, env = process.env) {
  const absent = list.filter(({ file }) => !existsSync(file)).map(({ file }) => file);
  if (absent.length > 0) throw new Refusal(`npm run pack-all did not make ${absent.join(', ')}`);
  for (const one of list) {
    const title = `publishing ${one.name} ${one.version}`;
    const there = await published(one, env);
    if (there === null) {
      const args = ['publish', one.file, '--access', 'public', ...options];
      await step(title, () => run('npm', args, { env }));
      continue;
    }
    const hash = createHash('sha512').update(readFileSync(one.file)).digest('base64');
    if (there !== `sha512-${hash}`) {
      throw new Refusal(`the registry has another ${one.name} ${one.version} than ${one.file}`);
    }
    await step(title, () => 'the registry has it');
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(async () => {
    const [tag, ...options] = process.argv.slice(2);
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    if (tag !== `v${version}`) {
      throw new Refusal(`the tag of this version is v${version}, and the given one is ${tag}`);
    }
    await publish(packages(version), options);
  });
}
