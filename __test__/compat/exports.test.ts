/** Exports of the compiled package: users' tests stub and replace them, as those of prom-client. */

import { createRequire } from 'node:module';

import { afterEach, describe, expect, test } from 'vitest';

const require = createRequire(__filename);
type Found = Record<string, unknown>;
const ours = require('../../dist/index.js') as Found;
const theirs = require('prom-client') as Found;
const names = Object.keys(theirs);

/** Returns a property's descriptor, in which functions and values are replaced by their types. */
function described(exported: Found, name: string): object {
  const found = Object.getOwnPropertyDescriptor(exported, name)!;
  return Object.fromEntries(
    Object.entries(found).map(([key, is]) => [key, typeof is === 'boolean' ? is : typeof is]),
  );
}

describe.each(names)('%s', (name) => {
  test('has the same property descriptor as in prom-client', () => {
    expect(described(ours, name)).toEqual(described(theirs, name));
  });
});

test('exports that prom-client lacks are writable properties, too', () => {
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

  test('an assigned export is read back', () => {
    const fake = (): string => 'fake';
    client['Counter'] = fake;
    expect(client['Counter']).toBe(fake);
  });

  test('if a registry is assigned to the export register, contentType is that of the registry', () => {
    client['register'] = { contentType: 'x' };
    expect(client['contentType']).toBe('x');
  });
});
