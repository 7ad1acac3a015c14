/** Installs the Debian packages that tests need, where we may: `node scripts/apt.mjs prometheus`. */
import { spawnSync } from 'node:child_process';

import { main, Refusal, run, step } from './steps.mjs';

function present(command) {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', command]).status === 0;
}

main(async () => {
  // Each of the packages asked for here is called like the program in it.
  const missing = process.argv.slice(2).filter((name) => !present(name));
  if (missing.length === 0) return;
  if (!present('apt-get') || process.getuid() !== 0) {
    throw new Refusal(
      `the tests need ${missing.join(', ')}: install it with your package manager.`,
    );
  }
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await step('fetching the list of Debian packages', () => run('apt-get', ['update'], { env }));
  await step(`installing ${missing.join(', ')}`, () =>
    run('apt-get', ['install', '-y', '--no-install-recommends', ...missing], { env }),
  );
});
