/**
 * Processes and threads end by process.exit, an uncaught error, SIGTERM or worker.terminate, on every version of
 * Node.js. They end at random moments, in the middle of updates, scrapes and callbacks. No process crashes, hangs or is
 * kept alive, and scrapes of another process show all that was counted.
 *
 * `MPMETRICS_TEST_ENDINGS` sets the number of endings of each way on each version. It is 20 by default, so a version
 * has 80 endings of the four ways. On the native update path `vitest.config.mts` sets it to 5, so a version has 20.
 * There are no more, because a start takes a tenth of a second of a core. `npm run torture` sets it to 1,250.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, describe, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { installNode } from '../../scripts/nodes.mjs';
import { Application, type Program } from '../support/application';
import { LIMIT, patient } from '../support/patience.mjs';
import { source } from '../support/programs';
import { samples } from '../support/samples';

const OWN = process.versions.node.split('.')[0]!;
const ASKED = process.env['MPMETRICS_TEST_ENDINGS'];
const AT_ONCE = 4;
/** Milliseconds after which a process counts as one that hangs. */
const HANGS = patient(60_000);

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** Compares the updates that processes acknowledged with those that a scrape of another process shows. */
class Account {
  told = 0;
  /** How many updates may be unacknowledged: one for each process or thread that was ended from outside. */
  open = 0;
  private last = 0;
  private busy: Promise<void> = Promise.resolve();

  constructor(
    private readonly scraper: Program,
    private readonly way: string,
  ) {}

  /**
   * Expects that a scrape of another process comes in time and shows all acknowledged updates. If no process runs any
   * more, expects that the scrape shows at most `open` further updates.
   *
   * @param running number of processes that still count
   */
  check(running: number): Promise<void> {
    this.busy = this.busy.then(async () => {
      const least = this.told;
      this.scraper.tell('scrape');
      const { text, ms } = JSON.parse(await this.scraper.line(HANGS)) as {
        text: string;
        ms: number;
      };
      const seen = samples(text).get(`updates_total{way="${this.way}"}`) ?? 0;
      expect(ms).toBeLessThan(HANGS / 2);
      expect(seen).toBeGreaterThanOrEqual(Math.max(least, this.last));
      // Processes that still run may make further updates before the scrape.
      if (running === 0) expect(seen).toBeLessThanOrEqual(this.told + this.open);
      this.last = seen;
    });
    return this.busy;
  }
}

const WAYS = { exit: 3, throw: 1, term: 'SIGTERM' } as const;

async function leave(
  app: Application,
  env: Record<string, string>,
  node: string,
  way: keyof typeof WAYS,
  account: Account,
): Promise<void> {
  const after = Math.random() * 30;
  const program = app.run('leaver.js', { env, node, args: [way, String(after)] });
  program.child.stdout!.on('data', (chunk: Buffer) => {
    account.told += chunk.filter((byte) => byte === 10).length;
  });
  if (way === 'term') {
    await program.line(HANGS);
    setTimeout(() => program.child.kill('SIGTERM'), after);
  }
  const hangs = setTimeout(() => program.child.kill('SIGKILL'), HANGS);
  expect(await program.ended, program.errors).toBe(WAYS[way]);
  clearTimeout(hangs);
  // Only an ending from outside can come between an update and its acknowledgement.
  if (way === 'term') account.open++;
  if (way === 'throw') expect(program.errors).toContain('Error: uncaught');
  else expect(program.errors).toBe('');
}

describe.each([OWN, '22', '24', '26'])('Node.js %s', (version) => {
  const endsOn = test.skipIf(version !== OWN && lacks('Node.js 22, 24 and 26'));
  const endings = Number(ASKED ?? 20);
  const install = (): Promise<string> =>
    version === OWN ? Promise.resolve(process.execPath) : installNode(Number(version));

  function start(way: string): { app: Application; env: Record<string, string>; account: Account } {
    const app = new Application({
      'callbacks.cjs': source('support/callbacks.cjs'),
      'leaver.js': source('crash/endings/leaver.cjs'),
      'terminator.js': source('crash/endings/terminator.cjs'),
      'scraper.js': source('crash/endings/scraper.cjs'),
    });
    made.push(app);
    const env = { MPMETRICS_SEGMENT: join(app.segmentsIn, 'endings.heap') };
    return { app, env, account: new Account(app.run('scraper.js', { env }), way) };
  }

  endsOn.each(Object.keys(WAYS) as (keyof typeof WAYS)[])(
    `${String(endings)} processes end by %s`,
    { timeout: LIMIT + 2_000 * endings },
    async (way) => {
      const node = await install();
      const { app, env, account } = start(way);
      let left = endings;
      let running = 0;
      const one = async (): Promise<void> => {
        while (left > 0) {
          left--;
          running++;
          await leave(app, env, node, way, account);
          running--;
          await account.check(running);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, one));
      await account.check(0);
      expect(account.told).toBeGreaterThanOrEqual(endings);
    },
  );

  endsOn(
    `${String(endings)} threads are terminated`,
    { timeout: LIMIT + 2_000 * endings },
    async () => {
      const node = await install();
      const { app, env, account } = start('terminate');
      const program = app.run('terminator.js', { env, node, args: [String(endings)] });
      let over = false;
      const ended = program.ended.finally(() => {
        over = true;
      });
      const looks = (async () => {
        while (!over) {
          await account.check(1);
          await sleep(20);
        }
      })();
      account.open = endings;
      const told = Number(await program.line(120_000 + 2_000 * endings));
      expect(await ended, program.errors).toBe(0);
      expect(program.errors).toBe('');
      await looks;
      account.told = told;
      await account.check(0);
      expect(told).toBeGreaterThanOrEqual(endings);
    },
  );
});
