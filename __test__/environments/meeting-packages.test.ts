/**
 * Applications whose scripts lie in several packages: a primary whose workers run the script of a runner (as Egg's do),
 * and the processes that they fork. Also programs that do not belong to the application and have their own segments.
 */
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';

import { Application, type Program, type Report } from '../support/application';
import { source } from '../support/programs';

const made: Application[] = [];

afterEach(() => {
  for (const one of made.splice(0)) one.remove();
});

interface Member {
  title?: string;
  loads?: 'first' | 'late' | 'never';
  configure?: object;
  starts?: Record<string, ['cluster' | 'fork' | 'spawn' | 'thread', script: string]>;
}

interface Plan {
  members: Record<string, Member>;
  /** True if children inherit only the variables of this test from their parent's environment. */
  bare?: boolean;
}

const MODULES = 'node_modules/';
const RUNNER = `${MODULES}runner/lib/worker.js`;
const AGENT = `${MODULES}agent/agent.js`;
const SCRIPTS = ['main.js', 'jobs/job.js', RUNNER, `${MODULES}runner/start.js`, AGENT];

function application(more: Record<string, string> = {}): Application {
  const packages = ['runner', 'agent'].map((name) => [`${MODULES}${name}/package.json`, '{}']);
  const app = new Application({
    ...Object.fromEntries([
      ...SCRIPTS.map((script) => [script, source('environments/meeting-packages/member.cjs')]),
      ...packages,
    ]),
    ...more,
  });
  made.push(app);
  return app;
}

/** Runs the plan, and expects that the members of each group find one segment, which is the group's own. */
async function expectGroups(
  plan: Plan,
  groups: readonly string[][],
  app = application(),
  script = 'main.js',
): Promise<Report[]> {
  const expected = Object.fromEntries(groups.flatMap((group) => group.map((who) => [who, group])));
  const program: Program = app.run(script, {
    env: { PLAN: JSON.stringify({ ...plan, expected }) },
  });
  const reports = await program.reports(groups.flat().length);
  const paths = groups.map((group) => {
    for (const who of group) {
      expect({ who, seen: reports.get(who)?.seen }).toEqual({
        who,
        seen: Object.fromEntries(group.map((one) => [one, 1])),
      });
    }
    const [path, ...others] = new Set(group.map((who) => reports.get(who)!.path));
    expect(others).toEqual([]);
    return path;
  });
  expect(new Set(paths).size).toBe(groups.length);
  expect(program.errors).toBe('');
  return [...reports.values()];
}

/** The processes that a primary starts: two workers with the runner's script, and a forked agent. */
const STARTS: Member['starts'] = {
  agent: ['fork', AGENT],
  w1: ['cluster', RUNNER],
  w2: ['cluster', RUNNER],
};
const LEAVES = { agent: {}, w1: {}, w2: {} };
const ALL = ['primary', 'agent', 'w1', 'w2'];

test.each<[string, Member, boolean?]>([
  ['first', { loads: 'first' }],
  ['late', { loads: 'late' }],
  ['never', { loads: 'never' }],
  ['late, with no environment passed on', { loads: 'late' }, true],
  ['never, with no environment passed on', { loads: 'never' }, true],
  ['late, with a title', { loads: 'late', title: 'my beautiful server' }],
  ['never, with a title, and no environment passed on', { loads: 'never', title: 'server' }, true],
])(
  "a primary that loads the package %s: its agent and the runner's workers share a segment",
  async (_, primary, bare = false) => {
    const members = { ...LEAVES, primary: { ...primary, starts: STARTS } };
    await expectGroups({ members, bare }, [ALL.slice(primary.loads === 'never' ? 1 : 0)]);
  },
);

test.each([false, true])("a runner's processes share one segment; bare: %s", async (bare) => {
  const members = { ...LEAVES, primary: { loads: 'late' as const, starts: STARTS } };
  await expectGroups({ members, bare }, [ALL], application(), `${MODULES}runner/start.js`);
});

test.each([false, true])(
  'threads of a worker, and processes that the worker and the agent fork, share a segment; bare: %s',
  async (bare) => {
    const members: Plan['members'] = {
      primary: { loads: 'never', starts: { w1: ['cluster', RUNNER], agent: ['fork', AGENT] } },
      agent: { starts: { 'agent thread': ['thread', AGENT], 'agent fork': ['fork', AGENT] } },
      w1: {
        starts: {
          thread: ['thread', 'jobs/job.js'],
          job: ['fork', 'jobs/job.js'],
          again: ['fork', RUNNER],
          pool: ['fork', AGENT],
        },
      },
      job: { starts: { grandchild: ['fork', 'jobs/job.js'], 'grand pool': ['fork', AGENT] } },
      ...{ 'agent thread': {}, 'agent fork': {}, thread: {}, again: {}, pool: {} },
      ...{ grandchild: {}, 'grand pool': {} },
    };
    const names = Object.keys(members).filter((name) => name !== 'primary');
    await expectGroups({ members, bare }, [names]);
  },
);

test('the configuration of the primary holds for all processes', async () => {
  const app = application();
  const segment = join(app.segmentsIn, 'mine');
  const members = { ...LEAVES, primary: { configure: { segment }, starts: STARTS } };
  const reports = await expectGroups(
    { members: { ...members, primary: { ...members.primary, loads: 'first' } } },
    [ALL],
    app,
  );
  expect(reports.map(({ path }) => path)).toEqual(ALL.map(() => segment));
});

test('a worker whose script lies outside of the application shares the segment of its primary', async () => {
  const runner = application();
  const exec = join('..', '..', runner.folder, 'main.js');
  const members = { primary: { starts: { w1: ['cluster', exec] as const } }, w1: {} };
  await expectGroups({ members: members as unknown as Plan['members'] }, [['primary', 'w1']]);
});

test('an unrelated program that a worker spawns or forks stays apart', async () => {
  const other = application();
  const script = join('..', '..', other.folder, 'main.js');
  const members: Plan['members'] = {
    primary: { starts: { w1: ['cluster', RUNNER] } },
    w1: { starts: { spawned: ['spawn', script], forked: ['fork', script] } },
    spawned: {},
    forked: {},
  };
  await expectGroups({ members }, [['primary', 'w1'], ['spawned'], ['forked']]);
});

test('programs that one tool of the application runs stay apart', async () => {
  // As a monorepo's task runner does: it forks itself for each task, and the fork starts the programs of its task.
  const tool = `${MODULES}runner/start.js`;
  const members: Plan['members'] = {
    primary: { loads: 'never', starts: { t1: ['fork', tool], t2: ['fork', tool] } },
    t1: { loads: 'never', starts: { p1: ['fork', AGENT], p2: ['fork', 'main.js'] } },
    t2: { loads: 'never', starts: { p3: ['fork', AGENT] } },
    ...{ p1: {}, p2: {}, p3: {} },
  };
  await expectGroups({ members }, [['p1'], ['p2'], ['p3']], application(), tool);
});
