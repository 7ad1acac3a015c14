/** Packages from the registry, installed by npm with this package in prom-client's place. */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { npm } from './npm';
import { pack } from './packed';
import { plainEnvironment } from './plain-environment';

const root = join(__dirname, '..', '..');

/** Packages with prom-client's API, as in `ts/register/names.ts`. */
const NAMES = ['prom-client', '@prometheus-io/client', '@platformatic/prom-client'];

/** Name of a copy of the package.json, written after `npm install` succeeded. */
const MARK = '.installed.json';

/**
 * Installs the dependencies of `__test__/<name>/package.json` into `.cache/<name>`, unless they are installed with this
 * very build. Every package that depends on one of {@link NAMES} gets this package's tarball by npm's `overrides`, as
 * README.md tells users to do.
 *
 * @returns the folder with node_modules
 */
export async function installFixture(name: string): Promise<string> {
  const target = join(root, '.cache', name);
  const tarballs = mkdtempSync(join(tmpdir(), 'mpmetrics-packed-'));
  try {
    const { main, platform } = await pack(join(tarballs, 'copy'), plainEnvironment());
    const fixture = JSON.parse(
      readFileSync(join(root, '__test__', name, 'package.json'), 'utf8'),
    ) as { dependencies: Record<string, string> };
    // The name depends on the content, because npm does not notice new content under the same name.
    const files = [main, platform].map((path) => ({ path, to: `${digest(path)}.tgz` }));
    const ours = `file:./${files[0]!.to}`;
    // npm refuses a dependency that differs from its override.
    const named = NAMES.filter((client) => client in fixture.dependencies);
    const manifest = {
      ...fixture,
      dependencies: {
        ...fixture.dependencies,
        ...Object.fromEntries(named.map((client) => [client, ours])),
        mpmetrics: ours,
        'mpmetrics-linux-x64-gnu': `file:./${files[1]!.to}`,
      },
      overrides: Object.fromEntries(NAMES.map((client) => [client, ours])),
    };
    const text = JSON.stringify(manifest, null, 2);
    const mark = join(target, MARK);
    if (existsSync(mark) && readFileSync(mark, 'utf8') === text) return target;
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    for (const { path, to } of files) copyFileSync(path, join(target, to));
    writeFileSync(join(target, 'package.json'), text);
    const options = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
    await npm(target, ['install', ...options], plainEnvironment());
    writeFileSync(mark, text);
    return target;
  } finally {
    rmSync(tarballs, { recursive: true, force: true });
  }
}

function digest(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
}
