/**
 * Installs the Python packages that tests need into `.cache/python`: `node scripts/python.mjs`. They are readers of
 * what this library prints, written by others.
 */
import { existsSync } from 'node:fs';

import { main, Refusal, root, run, step } from './steps.mjs';

const PACKAGE = 'prometheus_client==0.26.0';
const target = `${root}/.cache/python`;

main(async () => {
  if (existsSync(`${target}/${PACKAGE.replace('==', '-')}.dist-info`)) return;
  const install = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--upgrade'];
  await step(`installing ${PACKAGE} into .cache/python`, async () => {
    try {
      await run('python3', [...install, '--target', target, PACKAGE]);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new Refusal(`the tests need python3 with pip: ${error.message}`);
    }
  });
});
