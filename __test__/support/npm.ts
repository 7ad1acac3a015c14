/** npm, run as a program. */
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const call = promisify(execFile);

/** Returns the path of npm's script, with which npm runs even if PATH has only Node.js and a shell. */
function npmPath(): string {
  const fromRunner = process.env['npm_execpath'];
  if (fromRunner?.endsWith('npm-cli.js')) return fromRunner;
  const { stdout } = spawnSync('npm', ['root', '--global'], { encoding: 'utf8' });
  return join(stdout.trim(), 'npm', 'bin', 'npm-cli.js');
}

const cli = npmPath();

/**
 * Runs npm.
 *
 * @param cwd folder to run it in
 * @param args its command line
 * @param env its whole environment
 * @returns its output; rejects, with its output on stderr, if npm fails
 */
export async function npm(
  cwd: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const { stdout } = await call(process.execPath, [cli, ...args], {
    cwd,
    env,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}
