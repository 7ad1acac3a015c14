/** If a writer is killed, at most the update that it was making is lost, and all scrapes are right. */
import { afterEach, test } from 'vitest';

import { Application } from '../support/application';
import { LIMIT } from '../support/patience.mjs';
import { expectKept, FILES, killerArguments, KILLS, PATIENCE } from './kills';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

test(
  `${String(KILLS)} writers killed at random moments and replaced`,
  { timeout: LIMIT + PATIENCE },
  async () => {
    const app = new Application(FILES);
    made.push(app);
    const program = app.run('killer.js', { args: killerArguments(KILLS) });
    await expectKept(program, KILLS);
  },
);
