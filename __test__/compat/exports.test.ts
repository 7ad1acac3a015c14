/** What the compiled package exports, as users' tests stub and replace it. */

import { createRequire } from 'node:module';

import { afterEach, describe, expect, test } from 'vitest';

const require = createRequire(__filename);
type Found = Record<string, unknown>;
const ours = require('../../dist/index.js') as Found;
const theirs = require('prom-client') as Found;
const names = Object.keys(theirs);

/** A property without its value. */
function described(exported: Found, name: string): object {
  const found = Object.getOwnPropertyDescriptor(exported, name)!;
  return Object.fromEntries(
    Object.entries(found).map(([key, is]) => [key, typeof is === 'boolean' ? is : typeof is]),
  );
}

describe.each(names)('%s', (name) => {
  test('is such a property as in prom-client', () => {
    expect(described(ours, name)).toEqual(described(theirs, name));
  });
});

test('our own names are such properties, too', () => {
  const own = Object.keys(ours).filter((name) => !names.includes(name));
  for (const name of own) expect(described(ours, name)).toMatchObject({ writable: true });
  expect(own).toContain('configure');
});

describe.each([
  ['prom-client', theirs],
  ['mpmetrics', ours],
])('%s', (_, client) => {
  const { register, Counter } = client;
  afterEach(() => {
    Object.assign(client, { register, Counter });
  });

  test('what is assigned is what the next one finds', () => {
    const fake = (): string => 'fake';
    client['Counter'] = fake;
    expect(client['Counter']).toBe(fake);
  });

  test('contentType is that of the registry that is exported now', () => {
    client['register'] = { contentType: 'x' };
    expect(client['contentType']).toBe('x');
  });
});
