/**
 * For `npm pack` and `npm publish`: adds the platform packages to the optional dependencies of package.json while the
 * tarball is made. In the repository they are left out, because they do not exist until this version is published: the
 * lock file could not name them, and `npm ci` would fail.
 */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { main, Refusal, root } from './steps.mjs';

const manifest = join(root, 'package.json');

function read(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Replaces package.json by a rename, so that a process that reads it at the same time gets a complete file. */
function write(content) {
  writeFileSync(`${manifest}.new`, `${JSON.stringify(content, null, 2)}\n`);
  renameSync(`${manifest}.new`, manifest);
}

/**
 * Returns the version of each platform package. Refuses if one is of another version or lacks its binary: a program
 * that installs that package would get memory storage.
 */
function platformPackages(version) {
  const packages = readdirSync(join(root, 'npm')).map((folder) => {
    const content = read(join(root, 'npm', folder, 'package.json'));
    if (!existsSync(join(root, 'npm', folder, content.main))) {
      throw new Refusal(`npm/${folder} lacks ${content.main}: npm run prebuilds -- ${folder}.`);
    }
    return content;
  });
  for (const { name, version: found } of packages) {
    if (found !== version) throw new Refusal(`${name} is ${found}, and mpmetrics is ${version}.`);
  }
  return Object.fromEntries(packages.map(({ name }) => [name, version]));
}

function prepare() {
  for (const built of ['dist/index.js', 'dist/index.mjs', 'dist/index.d.mts']) {
    if (!existsSync(join(root, built))) throw new Refusal(`${built} is missing: npm run build.`);
  }
  const content = read(manifest);
  write({ ...content, optionalDependencies: platformPackages(content.version) });
}

function restore() {
  const content = read(manifest);
  delete content.optionalDependencies;
  write(content);
}

main(() => {
  const actions = { prepare, restore };
  const action = actions[process.argv[2]];
  if (action === undefined) {
    throw new Refusal(`expected one of ${Object.keys(actions).join(', ')}: ${process.argv[2]}`);
  }
  action();
});
