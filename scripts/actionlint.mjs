/**
 * `node scripts/actionlint.mjs` checks the workflows of GitHub Actions by actionlint, which it installs into `.cache` if
 * it is missing. `__test__/scripts/workflows.test.ts` checks the workflows, too, where actionlint is installed.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { main, root, run, step } from './steps.mjs';

const VERSION = '1.7.10';

const folder = join(root, '.cache', `actionlint-${VERSION}`);

/** The path of the program, whether it is installed or not. */
export const actionlintPath = join(folder, 'actionlint');

/**
 * Arguments that turn off colours and the linters of scripts (shellcheck, pyflakes). Only some machines have these
 * linters; without them, each machine finds the same faults.
 */
export const ARGUMENTS = ['-no-color', '-shellcheck=', '-pyflakes='];

/** Installs the program, by Go. */
export async function installActionlint() {
  const module = `github.com/rhysd/actionlint/cmd/actionlint@v${VERSION}`;
  await step(`installing actionlint ${VERSION} by Go`, () =>
    run('go', ['install', module], { env: { GOBIN: folder } }),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(async () => {
    if (!existsSync(actionlintPath)) await installActionlint();
    await run(actionlintPath, ARGUMENTS);
  });
}
