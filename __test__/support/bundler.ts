/** esbuild as a program, which is installed into the git-ignored cache. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const VERSION = '0.28.2';
const cache = join(__dirname, '..', '..', '.cache', 'esbuild');
const call = promisify(execFile);

/** Installs esbuild, unless it is installed. */
export async function installBundler(): Promise<void> {
  const manifest = join(cache, 'node_modules', 'esbuild', 'package.json');
  if (existsSync(manifest)) {
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    if (version === VERSION) return;
  }
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, 'package.json'), '{"private":true}\n');
  const install = ['install', '--no-audit', '--no-fund', '--no-save'];
  await call('npm', [...install, `esbuild@${VERSION}`], { cwd: cache });
}

/** Bundles a script for Node.js. The script's path is relative to the folder. */
export async function bundle(folder: string, script: string, ...options: string[]): Promise<void> {
  const program = join(cache, 'node_modules', '.bin', 'esbuild');
  const common = ['--bundle', '--platform=node', '--log-level=warning'];
  const { stderr } = await call(program, [script, ...common, ...options], { cwd: folder });
  if (stderr !== '') throw new Error(stderr);
}
