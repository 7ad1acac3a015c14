/** A scrape prints the prefix that its own process has set, before the names of all processes' metrics. */
import { afterEach, expect, test } from 'vitest';

import type { Application } from '../support/application';
import { ask, obedient } from '../support/obedient';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

test('metrics of living and killed processes have the prefix, only in scrapes of the process that has set it', async () => {
  const [one, other, dead] = obedient(3, made);
  await ask(one!, "new mpmetrics.Counter({ name: 'c_total', help: 'h' }).inc(1)");
  await ask(dead!, "new mpmetrics.Counter({ name: 'dead_total', help: 'h' }).inc(2)");
  dead!.child.kill('SIGKILL');
  await dead!.ended;
  await ask(other!, "mpmetrics.register.setPrefix('app_')");
  await ask(other!, "new mpmetrics.Counter({ name: 'c_total', help: 'h' }).inc(4)");
  const print = 'return mpmetrics.register.metrics()';
  const text = await ask<string>(other!, print);
  expect(text).toContain('# HELP app_c_total h\n# TYPE app_c_total counter\napp_c_total 5\n');
  expect(text).toContain('app_dead_total 2\n');
  expect(await ask(one!, print)).toBe(text.replaceAll('app_', ''));
  const open = await ask<string>(
    other!,
    'return mpmetrics.register.metrics({ contentType: mpmetrics.openMetricsContentType })',
  );
  expect(open).toContain('# TYPE app_c counter\napp_c_total 5\n');
  const json = await ask<{ name: string }[]>(
    other!,
    "return mpmetrics.register.getMetricsAsJSON({ scope: 'application' })",
  );
  expect(json.map(({ name }) => name).sort()).toEqual(['app_c_total', 'app_dead_total']);
});
