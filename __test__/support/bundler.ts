/** Runs esbuild as a program, as the build script of an application does. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const call = promisify(execFile);

/** Bundles a script for Node.js. The script's path is relative to the folder. */
export async function bundle(folder: string, script: string, ...options: string[]): Promise<void> {
  const program = join(__dirname, '..', '..', 'node_modules', '.bin', 'esbuild');
  const common = ['--bundle', '--platform=node', '--log-level=warning'];
  const { stderr } = await call(program, [script, ...common, ...options], { cwd: folder });
  if (stderr !== '') throw new Error(stderr);
}
