/** A process that does not answer delays a scrape for a limited time. The scrape shows the process's last values. */
import { afterEach, expect, test } from 'vitest';

import type { Application } from '../support/application';
import { ask, obedient, scraped } from '../support/obedient';
import { patient } from '../support/patience.mjs';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

const TIMEOUT = patient(250);
/** A timeout that is over before the test scrapes again. */
const SHORT = patient(30);
/** Milliseconds of work that a scrape may take besides the timeout, on a machine with two cores. */
const SLACK = 500;
const CONFIGURE = `mpmetrics.configure({ collectTimeout: ${TIMEOUT} });`;

test('a scrape shows fresh values of all processes except a looping, a stopped and a killed one', async () => {
  const [scraper, fresh, looping, stopped, killed] = obedient(5, made);
  await ask(scraper!, `${CONFIGURE} calls('calls', 'scraper')`);
  await ask(fresh!, "calls('calls', 'fresh')");
  await ask(looping!, "calls('calls', 'looping')");
  await ask(stopped!, "calls('calls', 'stopped')");
  await ask(killed!, "calls('calls', 'killed', () => sleep(100))");
  const all = ['scraper', 'fresh', 'looping', 'stopped', 'killed'];
  const first = await scraped(scraper!);
  for (const who of all) expect(first.seen.get(`calls{who="${who}"}`), who).toBe(1);

  stopped!.child.kill('SIGSTOP');
  looping!.tell('for (;;);');
  await ask(fresh!, 'await sleep(50)');
  const scrape = scraped(scraper!);
  setTimeout(() => killed!.child.kill('SIGKILL'), 30);
  const second = await scrape;
  expect(second.ms).toBeGreaterThanOrEqual(TIMEOUT - 10);
  expect(second.work).toBeLessThan(TIMEOUT + SLACK);
  // The scrape did not block the event loop of the scraper.
  expect(second.turns).toBeGreaterThan(10);
  expect(second.seen.get('calls{who="scraper"}')).toBe(2);
  expect(second.seen.get('calls{who="fresh"}')).toBe(2);
  expect(second.seen.get('calls{who="looping"}')).toBe(1);
  expect(second.seen.get('calls{who="stopped"}')).toBe(1);
  expect(second.seen.has('calls{who="killed"}')).toBe(false);
  expect((await ask<{ collectTimeouts: number }>(scraper!, 'return stats()')).collectTimeouts).toBe(
    2,
  );

  looping!.child.kill('SIGKILL');
  stopped!.child.kill('SIGCONT');
  await Promise.all([looping!.ended, ask(stopped!, 'await sleep(20)')]);
  const third = await scraped(scraper!);
  expect(third.seen.get('calls{who="stopped"}')).toBe(3);
  expect(third.work).toBeLessThan(TIMEOUT);
});

test('a scrape stops waiting for a process that is killed', async () => {
  const [scraper, killed] = obedient(2, made);
  const kill = "process.kill(process.pid, 'SIGKILL')";
  const dying = `() => { setTimeout(() => ${kill}, 200); return new Promise(() => {}); }`;
  await ask(killed!, `calls('calls', 'killed', ${dying})`);
  const { ms, work } = await scraped(scraper!);
  expect(ms).toBeGreaterThan(100);
  expect(work).toBeLessThan(10_000);
});

test('a callback that throws or rejects fails scrapes of its own process only, and delays none', async () => {
  const [scraper, throws, rejects] = obedient(3, made);
  await ask(throws!, "calls('calls', 'throws', () => { throw new Error('thrown') })");
  await ask(rejects!, "calls('calls', 'rejects', () => Promise.reject(new Error('rejected')))");
  for (let i = 1; i <= 3; i++) {
    const { seen, work } = await scraped(scraper!);
    expect(seen.get('calls{who="throws"}')).toBe(i);
    expect(seen.get('calls{who="rejects"}')).toBe(i);
    expect(work).toBeLessThan(10_000);
  }
  const own = 'return mpmetrics.register.metrics().catch((error) => error.message)';
  expect(await ask(throws!, own)).toBe('thrown');
  expect(await ask(rejects!, own)).toBe('rejected');
  expect(throws!.errors + rejects!.errors).toBe('');
});

test('a callback that never settles delays each scrape by collectTimeout, and each scrape calls it again', async () => {
  const [scraper, never] = obedient(2, made);
  await ask(scraper!, `mpmetrics.configure({ collectTimeout: ${SHORT} })`);
  await ask(
    never!,
    `mpmetrics.configure({ collectTimeout: ${SHORT} }); calls('calls', 'never', () => new Promise(() => {}))`,
  );
  for (let i = 1; i <= 4; i++) {
    const { seen, ms } = await scraped(scraper!);
    expect(seen.get('calls{who="never"}')).toBe(i);
    expect(ms).toBeGreaterThan(50);
    await ask(never!, `await sleep(${SHORT + 20})`);
  }
  // The 30 scrapes share two calls at most: one that is in flight, and the next. The last scrape causes one more.
  await ask(
    scraper!,
    'await Promise.all(Array.from({ length: 30 }, () => mpmetrics.register.metrics()))',
  );
  await ask(never!, 'await sleep(200)');
  const { seen } = await scraped(scraper!);
  expect(seen.get('calls{who="never"}')).toBeLessThanOrEqual(7);
});

test('a scrape in a callback, before or after an await, neither rings nor waits', async () => {
  const [one, other] = obedient(2, made);
  const nested = `
    let inside = false;
    const again = async () => {
      if (inside) return;
      inside = true;
      await mpmetrics.register.metrics();
      await sleep(5);
      await mpmetrics.register.metrics();
      inside = false;
    };`;
  await ask(one!, `${nested} calls('calls', 'one', again)`);
  await ask(other!, `${nested} calls('calls', 'other', again)`);
  for (let i = 1; i <= 3; i++) {
    // A scrape calls the callback once, and the two scrapes in the callback call it twice more.
    const { seen, work } = await scraped(one!);
    expect(work).toBeLessThan(5_000);
    expect(seen.get('calls{who="one"}')).toBe(3 * i);
    expect(seen.get('calls{who="other"}')).toBe(3 * i);
  }
  await ask(one!, 'await sleep(100)');
  const { seen } = await scraped(other!);
  expect(seen.get('calls{who="one"}')).toBe(12);
});

test('a metric that a callback registers is in the scrape for which the callback runs', async () => {
  const [one, other] = obedient(2, made);
  await ask(
    other!,
    "calls('calls', 'other', (n) => { new mpmetrics.Counter({ name: 'made_' + n, help: 'm' }).inc(n); })",
  );
  for (let i = 1; i <= 20; i++) expect((await scraped(one!)).seen.get(`made_${i}`)).toBe(i);
});
