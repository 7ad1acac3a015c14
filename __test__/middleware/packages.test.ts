/** The ranges of the optional peers are the majors that the specs test. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { installed, NEST_MAJORS } from './packages';

test('the optional peers are the frameworks at the majors that are tested', async () => {
  const manifest = readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8');
  const { peerDependencies } = JSON.parse(manifest) as { peerDependencies: Record<string, string> };
  const ranges: Record<string, string> = {};
  for (const name of ['@nestjs/core', 'express', 'fastify', 'hono', 'koa']) {
    const majors = new Set<string>();
    for (const set of NEST_MAJORS) {
      // The set of Nest 11 has no other framework of its own.
      if (set === 'nest-11' && name !== '@nestjs/core') continue;
      const file = join(await installed(set), 'node_modules', name, 'package.json');
      const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
      majors.add(`^${version.split('.')[0]!}.0.0`);
    }
    ranges[name] = [...majors].join(' || ');
  }
  expect(peerDependencies).toEqual(ranges);
});
