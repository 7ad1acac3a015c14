/** The generated and the plain lookup, compared with a model that searches a list. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  createLookup,
  labelDefaults,
  LabelTree,
  labelText,
  parseLabelText,
  plainLookup,
  reviveLabelValue,
  validateLabels,
  type LabelValue,
} from '../../ts/labels';

const NAMES = ['a', 'b', 'class'];

interface Leaf {
  values: LabelValue[];
}

function setUp(
  make: typeof createLookup,
  names: readonly string[] = NAMES,
  defaults: Record<string, unknown> = {},
) {
  const tree = new LabelTree<Leaf>(names.length);
  const hooks = {
    miss(labels: object, values: LabelValue[]) {
      validateLabels(names, labels);
      const leaf = { values };
      tree.put(values, leaf);
      return leaf;
    },
    check(labels: object) {
      validateLabels(names, labels);
    },
  };
  const lookup = make(names, tree, hooks, labelDefaults(names, defaults));
  return { tree, lookup };
}

const value = fc.oneof(
  fc.constantFrom<unknown[]>('', '1', 1, 'x', 'y', 'true', true, null, 'null', undefined, 0, -0),
  fc.string({ maxLength: 2 }),
);
const labels = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...NAMES, 'z'), value), { selector: ([name]) => name })
  .map((pairs) => Object.fromEntries(pairs) as Record<string, unknown>);

describe.each([
  ['generated', createLookup],
  ['plain', plainLookup],
] as const)('the %s lookup', (_, make) => {
  test('finds one leaf for each set of values, and refuses undeclared names', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(labels, fc.boolean())), (queries) => {
        const { tree, lookup } = setUp(make);
        let known: Leaf[] = [];
        for (const [query, drops] of queries) {
          if ('z' in query) {
            expect(() => lookup.find(query)).toThrow(
              `Added label "z" is not included in initial labelset: [ 'a', 'b', 'class' ]`,
            );
            continue;
          }
          const values = NAMES.map((name) =>
            name in query ? `${query[name] as number}` : undefined,
          );
          const expected = known.find((leaf) => leaf.values.every((one, i) => one === values[i]));
          const found = lookup.find(query);
          expect(found.values).toEqual(values);
          if (expected === undefined) known.push(found);
          else expect(found).toBe(expected);
          expect(tree.leaves()).toHaveLength(known.length);
          const given = NAMES.map((name) => query[name]);
          const plain = given.every((one) => typeof one === 'string' || typeof one === 'number');
          expect(lookup.at(given)).toBe(plain ? found : undefined);
          expect(lookup.find(query)).toBe(found);
          if (drops) {
            tree.delete(values);
            lookup.forget();
            known = known.filter((leaf) => leaf !== found);
            expect(tree.get(values)).toBe(undefined);
            expect(lookup.at(given)).toBe(undefined);
            expect(tree.leaves()).toHaveLength(known.length);
          }
        }
        expect(tree.prune((leaf) => leaf.values[0] === undefined)).toBe(
          known.filter((leaf) => leaf.values[0] !== undefined).length,
        );
      }),
    );
  });

  test('fills in default values for labels that are missing or undefined', () => {
    const defaults = fc.record(
      { a: fc.constantFrom('x', 1, true, ''), class: fc.constantFrom('y', 'undefined', '"`${') },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(defaults, fc.array(labels), (given, queries) => {
        const { tree, lookup } = setUp(make, NAMES, given);
        const known = new Map<string, Leaf>();
        for (const query of queries) {
          if ('z' in query) {
            expect(() => lookup.find(query)).toThrow('Added label "z"');
            continue;
          }
          const all: Record<string, unknown> = { ...query };
          for (const [name, one] of Object.entries(given)) all[name] ??= one;
          for (const name of Object.keys(given)) if (query[name] === null) all[name] = null;
          const values = NAMES.map((name) => (name in all ? `${all[name] as number}` : undefined));
          const found = lookup.find(query);
          expect(found.values).toEqual(values);
          expect(known.get(JSON.stringify(values)) ?? found).toBe(found);
          known.set(JSON.stringify(values), found);
          expect(tree.leaves()).toHaveLength(known.size);
          expect(lookup.find(query)).toBe(found);
        }
      }),
    );
  });

  test('works without label names', () => {
    const { tree, lookup } = setUp(make, []);
    const leaf = lookup.find({});
    expect(lookup.find({})).toBe(leaf);
    expect(lookup.at([])).toBe(leaf);
    expect(() => lookup.find({ a: 1 })).toThrow('Added label "a"');
    tree.delete([]);
    lookup.forget();
    expect(lookup.find({})).not.toBe(leaf);
  });

  test('calls toString() of an object at each lookup, and finds one leaf for a number and its text', () => {
    const { lookup } = setUp(make);
    let text = 'x';
    const changing = { toString: () => text };
    const leaf = lookup.find({ a: changing, b: 1 });
    expect(lookup.find({ a: changing, b: '1' })).toBe(leaf);
    text = 'y';
    expect(lookup.find({ a: changing, b: 1 }).values).toEqual(['y', '1', undefined]);
    expect(lookup.find({ a: 'x', b: 1 })).toBe(leaf);
    expect(lookup.find({ a: 'x', b: 1 })).toBe(leaf);
    expect(lookup.find({ a: 'x', b: true }).values).toEqual(['x', 'true', undefined]);
  });

  test('accepts inherited labels, and refuses a symbol as a value', () => {
    const { lookup } = setUp(make);
    const leaf = lookup.find({ a: 'x' });
    expect(lookup.find(Object.create({ a: 'x' }) as object)).toBe(leaf);
    expect(() => lookup.find({ a: Symbol('x') })).toThrow(TypeError);
  });
});

test('the first metrics get code of their own, and later ones with the same label names share code', () => {
  const { length } = Array.from({ length: 100 }, () => setUp(createLookup, ['many']));
  const { lookup } = setUp(createLookup, ['many']);
  expect(length).toBe(100);
  expect(String(lookup.find)).toContain('labels["many"]');
  expect(lookup.find({ many: 'x' }).values).toEqual(['x']);
  expect(() => lookup.find({ more: 'x' })).toThrow('Added label "more"');
});

test('code is generated; where that is forbidden, the plain lookup is used', () => {
  expect(String(setUp(createLookup).lookup.find)).toContain('labels["class"]');
  const { Function: original } = globalThis;
  globalThis.Function = function () {
    throw new EvalError('Code generation from strings disallowed for this context');
  } as never;
  try {
    const { lookup } = setUp(createLookup, ['other', 'names']);
    expect(String(lookup.find)).not.toContain('labels["other"]');
    expect(lookup.find({ other: 1 }).values).toEqual(['1', undefined]);
  } finally {
    globalThis.Function = original;
  }
});

test('labels are read back from their label text', () => {
  fc.assert(
    fc.property(labels, (given) => {
      const { text, types } = labelText(given);
      const revived = parseLabelText(text).map(([name, one], i) => [
        name,
        reviveLabelValue(one, types[i]),
      ]);
      const read = (one: unknown) => (one === undefined ? 'undefined' : one === 0 ? 0 : one);
      const expected = Object.entries(given).map(([name, one]) => [name, read(one)]);
      expect(revived).toEqual(expected);
    }),
  );
});
