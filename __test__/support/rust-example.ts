/** Programs of the core crate's `examples/`, built as `npm test` builds everything. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');

/**
 * Builds an example, if it is not built.
 *
 * @param name file name in `crates/mpmetrics-core/examples`, without its ending
 * @returns path of the program
 */
export function rustExample(name: string): string {
  // The profile and the features with which `npm test` builds the tests of Rust, so that nothing is compiled twice.
  const as = ['--profile', 'checked', '--workspace', '--features', 'mpmetrics-core/kill-points'];
  const options = ['build', '--quiet', ...as, '--example', name];
  const messages = execFileSync('cargo', [...options, '--message-format', 'json'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for (const line of messages.split('\n').filter((text) => text.startsWith('{'))) {
    const message = JSON.parse(line) as { executable?: string | null; target?: { name: string } };
    if (message.target?.name === name && message.executable) return message.executable;
  }
  throw new Error(`cargo built no example ${name}`);
}
