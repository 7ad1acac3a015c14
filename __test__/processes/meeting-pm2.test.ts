/** Applications under PM2, whose daemon is the parent of every application that it runs. */
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { Application, type Report } from '../support/application';
import { installPm2, Pm2 } from '../support/pm2';

let app: Application;
let pm2: Pm2;

beforeAll(installPm2);

beforeEach(() => {
  app = new Application({
    'leaf.js': `require('./report').arrive(process.argv[2], process.argv.slice(3));`,
    // Two instances of each application, each with a forked child.
    'app.js': `
      const { name, NODE_APP_INSTANCE } = process.env;
      const who = (instance) => name + instance;
      const names = [0, 1].flatMap((i) => [who(i), who(i) + '-child']);
      const own = who(NODE_APP_INSTANCE);
      require('./report').arrive(own, names);
      // In cluster mode PM2 collects writes to process.stdout, but not those of a child that inherits descriptor 1.
      const child = require('node:child_process').fork('leaf.js', [own + '-child', ...names], { silent: true });
      child.stdout.on('data', (text) => process.stdout.write(text));
      setInterval(() => {}, 1000);`,
  });
  pm2 = new Pm2(app);
});

afterEach(async () => {
  await pm2.end();
  app.remove();
});

function members(name: string): string[] {
  return [0, 1].flatMap((i) => [`${name}${i}`, `${name}${i}-child`]);
}

/**
 * Expects that each process of an application sees all its processes, each `count` times, and no others.
 *
 * @returns the segment's path
 */
function expectMet(reports: readonly Report[], name: string, count = 1): string {
  const own = reports.filter(({ who }) => who.startsWith(name));
  expect(own.map(({ who }) => who).sort()).toEqual(members(name));
  const all = Object.fromEntries(members(name).map((member) => [member, count]));
  for (const report of own) expect(report.seen).toEqual(all);
  const paths = new Set(own.map((report) => report.path));
  expect(paths.size).toBe(1);
  const [path] = paths;
  expect(path).toMatch(/[0-9a-f]{32}\.heap$/);
  return path!;
}

test.each(['cluster', 'fork'] as const)(
  'two applications from one script, in %s mode, have a segment each',
  async (exec_mode) => {
    const two = { script: 'app.js', instances: 2, exec_mode };
    await pm2.start([
      { name: 'blue', ...two },
      { name: 'green', ...two },
    ]);
    const reports = await pm2.untilReports(8);
    const blue = expectMet(reports, 'blue');
    const green = expectMet(reports, 'green');
    expect(blue).not.toBe(green);
    expect(app.segments()).toEqual([blue, green].sort());
    expect(pm2.errors()).toBe('');
  },
);

test('counts continue after a reload', async () => {
  await pm2.start([{ name: 'blue', script: 'app.js', instances: 2, exec_mode: 'cluster' }]);
  const first = expectMet(await pm2.untilReports(4), 'blue');
  await pm2.command('reload', 'blue');
  const later = (await pm2.untilReports(8)).filter(({ seen }) => !Object.values(seen).includes(1));
  // PM2 reloads the instances one by one. The new process that reports last sees two arrivals of each member.
  const last = later.at(-1);
  expect(last?.path).toBe(first);
  expect(last?.seen).toEqual(Object.fromEntries(members('blue').map((member) => [member, 2])));
});
