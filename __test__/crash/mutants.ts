/** Copies of the package with a fault each, which the tests of hosts must find. */
import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Application } from '../support/application';

const root = join(__dirname, '..', '..');

/** Texts of `dist/mpmetrics.js`, and what a mutant has in their place. */
export type Mutation = readonly (readonly [string, string])[];

/** Steps take longer between reading and writing, so that hosts meet in them. This is no fault. */
export const SLOW: Mutation = [
  [
    'const outcome = await make();',
    'await new Promise((go) => setTimeout(go, 50 + Math.random() * 400));\nconst outcome = await make();',
  ],
];

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'no tombstones': [["if tomb then return { 'DEAD', tomb } end", '']],
  'copies that die with the flusher': [
    [
      'const { number, epoch, acked, ackedAt, version, horizon, pending } = manifest;',
      'const { number, epoch, acked, ackedAt } = manifest; const version = "", horizon = 0, pending = null;',
    ],
    ['for (const one of manifest.tombstones)', 'for (const one of [])'],
    ['folded: await this.blob(manifest.folded)', 'folded: Buffer.alloc(0)'],
  ],
  'a fold without comparing': [
    ...SLOW,
    ["if (get('v') or '') ~= ARGV[5] or get('s:' .. inc) ~= ARGV[3] then return 'CHANGED' end", ''],
    ["if get('l:' .. inc) ~= ARGV[4] or tonumber(ARGV[4]) > now then return 'CHANGED' end", ''],
  ],
  "leases by the host's clock": [
    [
      'return await this.connection.send(key, ["EVALSHA", sha, "1", key, ...args]);',
      `const clock = \`{ '\${Math.floor(Date.now() / 1000)}', '0' }\`;
       return await this.connection.send(key, ["EVAL", text.replace("redis.call('TIME')", clock), "1", key, ...args]);`,
    ],
  ],
};

/**
 * Puts a copy of the package with a mutation into an application's node_modules, in place of the package.
 *
 * @throws Error if a text of the mutation is not in the package once
 */
export function mutate(app: Application, mutation: Mutation): void {
  const modules = join(app.folder, 'node_modules');
  const copy = join(modules, 'mpmetrics');
  rmSync(copy);
  mkdirSync(copy);
  cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(copy, 'package.json'));
  symlinkSync(join(root, 'npm'), join(copy, 'npm'));
  symlinkSync(join(root, 'node_modules', 'redis'), join(modules, 'redis'));
  const file = join(copy, 'dist', 'mpmetrics.js');
  let text = readFileSync(file, 'utf8');
  for (const [there, instead] of mutation) {
    if (text.split(there).length !== 2) throw new Error(`the package does not have once: ${there}`);
    text = text.replace(there, () => instead);
  }
  writeFileSync(file, text);
}
