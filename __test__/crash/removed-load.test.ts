/** The segment's file, or its directory, is removed repeatedly while processes and threads count and are killed. */
import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { source } from '../support/programs';
import { samples } from '../support/samples';

/** The number of removals; `npm run torture` has a number of its own. */
const REMOVALS = Number(process.env['MPMETRICS_TEST_REMOVED'] ?? 12);

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

test.each(['file', 'directory'])(
  'no update is lost or counted twice after removals of the %s',
  async (how) => {
    const app = new Application({
      'root.js': source('crash/removed-load/root.cjs'),
      'writer.js': source('crash/removed-load/writer.cjs'),
    });
    made.push(app);
    const root = app.run('root.js', { args: [String(REMOVALS), how] });
    const { told, killed, text } = JSON.parse(await root.line(120_000 + REMOVALS * 3_000)) as {
      told: Record<string, number>;
      killed: Record<string, number>;
      text: string;
    };
    const seen = samples(text);
    const of = (name: string, n: string) => seen.get(`${name}{n="${n}"}`) ?? 0;
    expect(seen.get('root_total')).toBe(1);
    const names = ['c', 'h_count', 'h_sum', 's_count', 'shared', 'g'];
    for (const [n, rounds] of Object.entries(told)) {
      const shown = names.map((name) => [n, name, of(name, n)]);
      expect(shown).toEqual(names.map((name) => [n, name, rounds]));
      // The rounds in which `writer.cjs` also made a series of the counter: see `makesSeries` there.
      const makers = Array.from(
        { length: Math.ceil(Math.min(rounds, 2_000) / 50) },
        (_, i) => i * 50,
      );
      for (let i = 20_000; i < rounds; i += 20_000) makers.push(i);
      for (const round of makers) expect(of('c', `new${String(round)}${n}`)).toBe(1);
    }
    // A killed process may have been in the middle of a round.
    for (const [n, rounds] of Object.entries(killed)) {
      for (const name of ['c', 'h_count', 's_count', 'shared']) {
        const shown = of(name, n);
        const whole = shown >= rounds && shown <= rounds + 1;
        const all = names.map((name) => `${name} ${String(of(name, n))}`).join(', ');
        expect([name, whole, `${n} acknowledged ${String(rounds)} rounds: ${all}`]).toEqual([
          name,
          true,
          expect.any(String),
        ]);
      }
    }
  },
  240_000 + REMOVALS * 6_000,
);
