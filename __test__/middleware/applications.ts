/** The applications of `apps/` as programs of their own, and the labels of their routes. */
import { join } from 'node:path';

import { Application } from '../support/application';
import { source } from '../support/programs';
import { installed, MAJORS } from './packages';

/** The package's subpath by the name of the application. */
const SUBPATHS = {
  express: 'express',
  fastify: 'fastify',
  hono: 'hono',
  http: 'http',
  koa: 'koa',
  'nest-express': 'nest',
  'nest-fastify': 'nest',
} as const;

/** An application at one major of its framework. */
export interface Case {
  app: keyof typeof SUBPATHS;
  set: (typeof MAJORS)[number];
  subpath: string;
}

/** All applications at both majors. `node:http` has one. */
export const CASES: readonly Case[] = MAJORS.flatMap((set) =>
  Object.entries(SUBPATHS).map(([app, subpath]) => ({ app: app as Case['app'], set, subpath })),
).filter(({ app, set }) => app !== 'http' || set === 'http-newer');

/** One path for each route: the key is a path that a client requests, the value is its route. */
const ROUTES: Record<string, string> = {
  '/hello': '/hello',
  '/users/7': '/users/:id',
  '/orgs/o/teams/t': '/orgs/:org/teams/:team',
  '/orgs/o/fails': '/orgs/:org/fails',
  '/one': '/one',
  '/slow': '/slow',
};

/** Paths of the routes that answer. */
export const PATHS = Object.keys(ROUTES).filter((path) => path !== '/slow');

/** Returns the label of the route of a path. */
export function routeOf(app: Case['app'], path: string): string {
  if (app === 'http') return 'unmatched';
  if (app === 'express' && path === '/one') return '/one|/two';
  return ROUTES[path] ?? 'unmatched';
}

/**
 * Makes the folder of an application: `app.cjs` and programs.
 *
 * @param programs further files: each key is the name of a file in the folder, its value the path of the file's source
 *   below `__test__`
 * @returns the folder, and a file from which the framework's packages can be required
 */
export async function application({ app, set }: Case, programs: Record<string, string>) {
  const files = { 'app.cjs': `middleware/apps/${app}.cjs`, 'nest.js': 'middleware/apps/nest.js' };
  const sources = Object.entries({ ...files, ...programs });
  const own = new Application(
    Object.fromEntries(sources.map(([name, path]) => [name, source(path)])),
  );
  return { own, packages: join(await installed(set), 'index.js') };
}
