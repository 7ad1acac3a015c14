/** `mpmetrics ls`, `scrape`, `check` and `rm` on applications that live, are stopped, or are dead. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';

import { afterEach, describe, expect, test } from 'vitest';

import { Application, type Program } from '../support/application';
import { mpmetrics, type Result } from '../support/command-line';
import { until } from '../support/patience.mjs';
import { source } from '../support/programs';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** An application that is there to be looked at. */
interface Shop {
  app: Application;
  primary: Program;
  pid: number;
  path: string;
}

function application(name: string, beside?: Application): Application {
  const manifest = JSON.stringify({ name });
  const files = {
    'package.json': manifest,
    'shop.js': source('processes/commands/shop.cjs'),
    'read.js': source('processes/commands/read.cjs'),
  };
  const app = new Application(files, beside);
  made.push(app);
  return app;
}

async function open(name = 'shop', beside?: Application): Promise<Shop> {
  const app = application(name, beside);
  const others = new Set(app.segments());
  const primary = app.run('shop.js');
  expect(await primary.line()).toBe('ready');
  const [path] = app.segments().filter((one) => !others.has(one));
  return { app, primary, pid: primary.child.pid!, path: path! };
}

async function kill({ primary, pid }: Shop): Promise<void> {
  process.kill(-pid, 'SIGKILL');
  expect(await primary.ended).toBe('SIGKILL');
}

/** Kills all processes of an application, and waits until the kernel has freed their locks. */
async function dead(shop: Shop): Promise<Shop> {
  await kill(shop);
  const isDead = () => mpmetrics(shop.app, ['ls']).stdout.includes(' dead ');
  await until(isDead, 'the application is not dead');
  return shop;
}

/** Replaces what differs from run to run. */
function plain({ stdout, stderr }: Result, { path, app, pid }: Shop): string {
  return (stdout + stderr)
    .replaceAll(path, 'SEGMENT')
    .replaceAll(app.folder, 'FOLDER')
    .replaceAll(String(pid), 'ROOT')
    .replace(/pid="\d+",worker/g, 'pid="WORKER",worker')
    .replace(/pid \d+/g, 'pid WORKER')
    .replace(/\d+ s ago/g, 'N s ago')
    .replace(/[\d.,]+ MiB/g, 'N MiB')
    .replace(/ +/g, ' ')
    .replace(/ $/gm, '');
}

const TEXT = String.raw`# HELP orders_total Orders.
# TYPE orders_total counter
orders_total{status="paid"} 5
orders_total{status="a \"quoted\", \\ text"} 1

# HELP wait_seconds Waits.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.1"} 1
wait_seconds_bucket{le="1"} 2
wait_seconds_bucket{le="+Inf"} 3
wait_seconds_sum 5.55
wait_seconds_count 3

# HELP basket Articles.
# TYPE basket summary
basket{quantile="0.5"} 4
basket_sum 4
basket_count 1
`;

/** The gauges, which only living processes have. */
const GAUGES = [
  'open_carts 7',
  'phase{phase="open"} 1',
  'phase{phase="closed"} 0',
  'build_info{version="1.2.3"} 1',
];

describe('an application that was killed', () => {
  test('is scraped as text, OpenMetrics, JSON and CSV', async () => {
    const shop = await dead(await open());
    const scrape = (...args: string[]) => {
      const result = mpmetrics(shop.app, ['scrape', 'shop', ...args]);
      expect([result.status, result.stderr]).toEqual([0, '']);
      return result.stdout;
    };
    expect(scrape()).toBe(TEXT);
    const open1 = TEXT.replace(/\n\n/g, '\n').replace(
      /^# (HELP|TYPE) orders_total/gm,
      '# $1 orders',
    );
    expect(scrape('--openmetrics')).toBe(`${open1}# EOF\n`);
    expect(JSON.parse(scrape('--json', 'orders_total'))).toEqual([
      {
        name: 'orders_total',
        help: 'Orders.',
        type: 'counter',
        aggregator: 'sum',
        values: [
          { labels: { status: 'paid' }, value: 5 },
          { labels: { status: 'a "quoted", \\ text' }, value: 1 },
        ],
      },
    ]);
    expect(scrape('--csv', '--match', 'orders*').split('\r\n')).toEqual([
      'name,type,labels,value',
      'orders_total,counter,"status=""paid""",5',
      String.raw`orders_total,counter,"status=""a \""quoted\"", \\ text""",1` + '\n',
    ]);
    expect(scrape('basket', '--match', '*_total')).toBe(TEXT.replace(/# HELP wait[^]*?\n\n/, ''));
    expect(
      plain(mpmetrics(shop.app, ['scrape', 'shop', '--by-process', 'orders_total']), shop),
    ).toBe(
      String.raw`# HELP orders_total Orders.
# TYPE orders_total counter
orders_total{status="paid",pid="ROOT"} 2
orders_total{status="paid",pid="WORKER",worker="1"} 3
orders_total{status="a \"quoted\", \\ text",pid="WORKER",worker="1"} 1
`,
    );
  });

  test('is listed and checked', async () => {
    const shop = await dead(await open('@scope/shop'));
    const list = mpmetrics(shop.app, ['ls']);
    expect(list.status).toBe(0);
    expect(plain(list, shop)).toBe(
      'APPLICATION PID PROCESSES THREADS SERIES MEMORY LAST SEEN STATE SEGMENT\n' +
        '@scope/shop ROOT 0 0 8 N MiB of N MiB N s ago dead SEGMENT\n',
    );
    const checked = mpmetrics(shop.app, ['check', '@scope/shop']);
    expect(checked.status).toBe(0);
    expect(plain(checked, shop)).toBe(`@scope/shop (dead): SEGMENT
script: FOLDER/shop.js

processes
 pid ROOT dead, its counts are kept
 pid WORKER worker 1 dead, its counts are kept

limits
 memory N MiB of N MiB 0 %
 series 8 of 1,000,000 0 %
 series of one metric 2 of 250,000 0 %
 label text N MiB of N MiB 0 %

metrics with most series
 2 orders_total
 1 basket
 1 build_info
 1 load
 1 open_carts
 1 phase
 1 wait_seconds

refused updates
 none

✓ no record is damaged
✓ the number of series is right
✓ no limit is near
✓ no update was refused
✓ the heap lock was always free in time
✓ every process answered the scrapes in time
`);
    const { applications } = JSON.parse(mpmetrics(shop.app, ['ls', '--json']).stdout) as {
      applications: { application: string; started: number; made: number }[];
    };
    expect(applications).toHaveLength(1);
    const { application: name, started, made: at } = applications[0]!;
    expect(name).toBe('@scope/shop');
    // The root makes the segment soon after its start; its start is known to some 10 ms.
    expect(started).toBeLessThan(at + 1_000);
    expect(started).toBeGreaterThan(at - 600_000);
  });

  test('is removed, and a living one is not', async () => {
    const shop = await open();
    const refused = mpmetrics(shop.app, ['rm', 'shop']);
    expect([refused.status, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toMatch(
      /^mpmetrics: shop lives: 2 processes use .*\.heap \(\d+, \d+\)\n$/,
    );
    expect(shop.app.segments()).toEqual([shop.path]);
    await dead(shop);
    const removed = mpmetrics(shop.app, ['rm', 'shop']);
    expect(removed).toEqual({ status: 0, stdout: `removed ${shop.path}\n`, stderr: '' });
    expect(shop.app.segments()).toEqual([]);
    expect(mpmetrics(shop.app, ['rm', 'shop'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('there is no application "shop"') as string,
    });
    expect(mpmetrics(shop.app, ['rm'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('rm needs the application') as string,
    });
  });
});

describe('an application that lives', () => {
  test('is scraped with its gauges, also while all its processes are stopped', async () => {
    const shop = await open();
    const living = mpmetrics(shop.app, ['scrape']);
    expect([living.status, living.stderr]).toEqual([0, '']);
    for (const line of GAUGES) expect(living.stdout.split('\n')).toContain(line);
    expect(living.stdout).toMatch(/^load\{pid="\d+"\} 0\.5$/m);
    process.kill(-shop.pid, 'SIGSTOP');
    const seen = () => {
      const { applications } = JSON.parse(mpmetrics(shop.app, ['ls', '--json']).stdout) as {
        applications: { lives: boolean; writers: { seen: number; lives: boolean }[] }[];
      };
      return applications[0]!;
    };
    const first = seen();
    expect(first.lives && first.writers.every(({ lives }) => lives)).toBe(true);
    expect(mpmetrics(shop.app, ['scrape']).stdout).toBe(living.stdout);
    const list = () => / (\d+) s ago +live /.exec(mpmetrics(shop.app, ['ls']).stdout)?.[1];
    await until(() => Number(list()) >= 2, 'the time since its last sign does not grow');
    expect(seen().writers).toEqual(first.writers);
    process.kill(-shop.pid, 'SIGCONT');
    const later = () => seen().writers.every(({ seen }, i) => seen > first.writers[i]!.seen);
    await until(later, 'the processes show no life after they were continued');
  });

  test('does not notice a thousand reads', async () => {
    const shop = await open();
    process.kill(-shop.pid, 'SIGSTOP');
    const before = readFileSync(shop.path);
    const locks = () =>
      readFileSync('/proc/locks', 'utf8')
        .split('\n')
        .filter((line) => line.includes(`:${String(statSync(shop.path).ino)} `))
        .map((line) => line.replace(/^\d+: /, ''))
        .sort();
    const held = locks();
    expect(held).toHaveLength(2);
    const reader = shop.app.run('read.js', { args: [shop.path, '1000'] });
    expect(JSON.parse(await reader.line())).toEqual({ reads: 1000, orders: 5, torn: 0 });
    expect(await reader.ended).toBe(0);
    expect(locks()).toEqual(held);
    expect(readFileSync(shop.path).equals(before)).toBe(true);
  });
});

describe('the argument APP', () => {
  test('is a package, a pid, a path, or left out where only one lives', async () => {
    const one = await open('one');
    const scrape = (...args: string[]) => mpmetrics(one.app, ['scrape', ...args, 'orders_total']);
    const right = scrape();
    expect(right.status).toBe(0);
    expect(right.stdout).toContain('orders_total{status="paid"} 5');
    for (const app of ['one', String(one.pid), one.path]) expect(scrape(app)).toEqual(right);
    const two = await open('two', one.app);
    expect(scrape('two')).toMatchObject({ status: 0 });
    const several = scrape();
    expect([several.status, several.stdout]).toEqual([2, '']);
    // The name of a metric is taken for that of an application, because one has to be named.
    expect(several.stderr).toContain('there is no application "orders_total"; there are:\n');
    const check = mpmetrics(one.app, ['check']);
    expect(check.status).toBe(2);
    expect(check.stderr).toContain('several applications live: name one by its pid or path\n');
    for (const { pid, path } of [one, two]) {
      expect(check.stderr).toContain(`(pid ${pid}, live): ${path}\n`);
    }
    await dead(two);
    expect(scrape()).toEqual(right);
    expect(scrape('two')).toMatchObject({ status: 0 });
    expect(scrape('three')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/one has no metric three in /) as string,
    });
    expect(mpmetrics(one.app, ['scrape', '/nowhere.heap'])).toEqual({
      status: 1,
      stdout: '',
      stderr: 'mpmetrics: /nowhere.heap: lstat failed: No such file or directory (os error 2)\n',
    });
  });

  test('means a living application of a name before dead ones, and for rm the other way round', async () => {
    const first = await dead(await open('twin'));
    const bytes = readFileSync(first.path);
    // This start removes the dead segment, so the test puts it back afterwards.
    const second = await open('twin', first.app);
    writeFileSync(first.path, bytes, { mode: 0o600 });
    const { stdout } = mpmetrics(first.app, ['check', 'twin']);
    expect(stdout).toContain(`twin (live): ${second.path}\n`);
    expect(mpmetrics(first.app, ['rm', 'twin'])).toMatchObject({
      status: 0,
      stdout: `removed ${first.path}\n`,
    });
    expect(first.app.segments()).toEqual([second.path]);
  });
});
