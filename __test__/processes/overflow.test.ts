/** Limits on a metric's series hold over all processes, including killed ones. */
import { afterEach, expect, test } from 'vitest';

import type { Application } from '../support/application';
import { ask, obedient, performing, scraped } from '../support/obedient';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** Has a program count values of the label `path`, each once. */
const count = (from: number, to: number) => performing('processes/overflow/count.cjs', from, to);

test('processes that start one after another, and are killed, count in the same series', async () => {
  const LIVES = 4;
  const programs = obedient(LIVES + 1, made);
  for (const [life, program] of programs.slice(0, LIVES).entries()) {
    await ask(program, count(10 * life, 10 * life + 10));
    program.child.kill('SIGKILL');
    await program.ended;
  }
  const last = programs[LIVES]!;
  await ask(last, count(0, 1));
  const { seen } = await scraped(last);
  const of = (name: string) => [...seen].filter(([sample]) => sample.startsWith(`${name}{`));
  const values = Array.from({ length: 5 }, (_, i) => [`values{path="${i}"}`, i === 0 ? 2 : 1]);
  expect(of('values')).toEqual([...values, ['values{path="other"}', 10 * LIVES - 5]]);
  expect(of('series')).toEqual([
    ['series{path="other"}', 10 * LIVES - 4],
    ...[0, 1, 2, 3].map((i) => [`series{path="${i}"}`, i === 0 ? 2 : 1]),
  ]);
  const { dropped } = await ask<{ dropped: number[] }>(last, 'return stats()');
  expect(dropped).toEqual([0, 0, 0, 0, 0, 0, 0]);
});

test('each process obeys the limit that it declares', async () => {
  const [one, other] = obedient(2, made);
  const declare = (most: number) =>
    `kept.c = new mpmetrics.Counter({ name: 'c', help: 'h', labelNames: ['a'], maxSeries: ${most} })`;
  await ask(one!, declare(2));
  await ask(other!, declare(4));
  const fill = (who: string) =>
    `for (let i = 0; i < 5; i++) kept.c.inc({ a: '${who}' + i }); await sleep(1)`;
  await ask(one!, fill('one'));
  await ask(other!, fill('other'));
  const { seen } = await scraped(one!);
  expect([...seen.keys()]).toEqual([
    'c{a="one0"}',
    'c{a="one1"}',
    'c{a="other0"}',
    'c{a="other1"}',
  ]);
});

test('a process whose limit is reached by series of others counts in the series `other`', async () => {
  const [one, other] = obedient(2, made);
  const declare = (more: string) =>
    `kept.c = new mpmetrics.Counter({ name: 'c', help: 'h', labelNames: ['a'], ${more} })`;
  await ask(one!, declare(''));
  await ask(one!, `for (let i = 0; i < 5; i++) kept.c.inc({ a: 'one' + i })`);
  await ask(other!, declare(`maxSeries: 3, overflow: 'other'`));
  await ask(other!, `for (let i = 0; i < 5; i++) kept.c.inc({ a: 'other' + i })`);
  const { seen } = await scraped(one!);
  expect(seen.get('c{a="other"}')).toBe(5);
  expect(seen.size).toBe(6);
  const { dropped } = await ask<{ dropped: number[] }>(other!, 'return stats()');
  expect(dropped).toEqual([0, 0, 0, 0, 0, 0, 0]);
});
