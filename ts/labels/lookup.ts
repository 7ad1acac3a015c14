/**
 * From a caller's label object to its leaf in a {@link LabelTree}.
 *
 * Reading `labels[name]` in a loop goes megamorphic once a program has a dozen metrics (6 → 34 ns, 16 → 42 ns with the
 * check for unknown labels). So the lookup is generated: then every property read has its own inline cache. The first
 * metrics of a program each get code of their own; later ones, after {@link OWN_CODE}, share it by their list of label
 * names (docs/DECISIONS/0003).
 */

import { asText, wellFormed } from './text';
import type { LabelTree, LabelValue } from './tree';

/** What a lookup calls if it cannot go on by itself. */
export interface LookupHooks<L> {
  /** No leaf has these values; returns the leaf to use, or throws. */
  miss(labels: object, values: LabelValue[]): L;
  /** The labels may have names that are not declared; throws if so. */
  check(labels: object): void;
  /**
   * A leaf was found by other values than those of the previous call, and not all of these are known to be strings.
   * Left out if nothing depends on types.
   */
  typed?: (leaf: L, values: readonly unknown[]) => void;
}

/** What a leaf has if {@link LookupHooks.typed} is given. */
interface TypedLeaf {
  /** '' if its label values were strings in the first call. */
  readonly types: string;
}

/** A lookup over one tree. */
export interface Lookup<L> {
  /** The leaf of the labels. */
  readonly find: (labels: object) => L;
  /**
   * The leaf of a value for each label name, in order, if there is one and all values are strings or numbers.
   */
  readonly at: (given: readonly unknown[]) => L | undefined;
  /** Drops the remembered leaf, which was removed from the tree. */
  readonly forget: () => void;
}

type Factory = <L>(tree: LabelTree<L>, hooks: LookupHooks<L>) => Lookup<L>;

/** The shared code, by the list of label names and whether types count. */
const factories = new Map<string, Factory | null>();

/** Most lookups with code of their own: each costs some 85 µs and 7 KB, once. */
const OWN_CODE = 64;

let own = 0;

/**
 * A lookup over the tree: generated, or {@link plainLookup} where code generation is forbidden
 * (`--disallow-code-generation-from-strings`, a content security policy).
 *
 * @param names the declared label names, already validated; the tree's depth is their number
 */
export function createLookup<L>(
  names: readonly string[],
  tree: LabelTree<L>,
  hooks: LookupHooks<L>,
): Lookup<L> {
  const factory = generate(names, hooks.typed !== undefined);
  return factory === null ? plainLookup(names, tree, hooks) : factory(tree, hooks);
}

/** The lookup that generates no code. */
export function plainLookup<L>(
  names: readonly string[],
  tree: LabelTree<L>,
  hooks: LookupHooks<L>,
): Lookup<L> {
  const typed = (leaf: L, values: readonly unknown[]): void => {
    if (hooks.typed === undefined) return;
    const known =
      (leaf as TypedLeaf).types === '' && values.every((one) => typeof one === 'string');
    if (!known) hooks.typed(leaf, values);
  };
  return {
    find(labels) {
      let given = 0;
      // eslint-disable-next-line @typescript-eslint/no-unused-vars -- there is no other way to count them
      for (const _ in labels) given++;
      const values: LabelValue[] = [];
      let known = 0;
      for (const name of names) {
        const value = labelValue(labels, name);
        if (value !== undefined) known++;
        values.push(value);
      }
      if (given !== known) hooks.check(labels);
      const leaf = tree.get(values);
      if (leaf === undefined) return hooks.miss(labels, values);
      typed(leaf, Object.values(labels));
      return leaf;
    },
    at(given) {
      const values: LabelValue[] = [];
      for (const value of given) {
        if (typeof value !== 'string' && typeof value !== 'number') return undefined;
        values.push(String(value));
      }
      const leaf = tree.get(values);
      if (leaf !== undefined) typed(leaf, given);
      return leaf;
    },
    forget: () => undefined,
  };
}

/** The values of a label object, in the order of the names, as a tree holds them. */
export function labelValues(names: readonly string[], labels: object): LabelValue[] {
  return names.map((name) => {
    const value = labelValue(labels, name);
    return value === undefined ? undefined : wellFormed(value);
  });
}

/**
 * A label's value as text; undefined if the label was left out. A label that is given as undefined or null has the text
 * that is printed for it.
 */
function labelValue(labels: object, name: string): LabelValue {
  const value = (labels as Record<string, unknown>)[name];
  if (value === undefined && !Object.hasOwn(labels, name)) return undefined;
  return asText(value);
}

function generate(names: readonly string[], typed: boolean): Factory | null {
  if (own < OWN_CODE) {
    own++;
    // The engine knows equal texts again, and would let them share what it learns: hence the number.
    return compile(`${source(names, typed)} // ${own}`);
  }
  const key = `${names.join()};${typed}`;
  let factory = factories.get(key);
  if (factory === undefined) {
    factory = compile(source(names, typed));
    factories.set(key, factory);
  }
  return factory;
}

/** Null where code generation is forbidden. */
function compile(text: string): Factory | null {
  try {
    // The names match /^[a-zA-Z_][a-zA-Z0-9_]*$/: nothing of the user's can become code.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    return new Function('tree', 'hooks', text) as Factory;
  } catch {
    return null;
  }
}

/**
 * The text of a factory. For the names a and b:
 *
 * ```js
 * const root = tree.root; let last, before = -1, p0, p1;
 * return {
 *   find(labels) {
 *     let v0 = labels["a"], v1 = labels["b"], given = 0;
 *     for (const _ in labels) given++;
 *     if (given === before && v0 === p0 && v1 === p1) return last;
 *     let all = given, t0 = v0, t1 = v1;
 *     if (v0 !== undefined) {
 *       given--;
 *       if (typeof v0 !== 'string') { t0 = `${v0}`; if (Object(v0) === v0) all = -1; }
 *     }
 *     …
 *     if (given !== 0) {
 *       hooks.check(labels);
 *       if (v0 === undefined && Object.hasOwn(labels, "a")) t0 = 'undefined';
 *       …
 *     }
 *     let leaf = root.get(t0);
 *     if (leaf !== undefined) leaf = leaf.get(t1);
 *     if (leaf === undefined) return hooks.miss(labels, [t0, t1]);
 *     if (given === 0) { before = all; p0 = v0; p1 = v1; last = leaf; }
 *     return leaf;
 *   },
 *   at(given) {
 *     const v0 = given[0], v1 = given[1];
 *     if (before === 2 && v0 === p0 && v1 === p1) return last;
 *     let t0 = v0, t1 = v1;
 *     if (typeof v0 !== 'string') { if (typeof v0 !== 'number') return undefined; t0 = `${v0}`; }
 *     …
 *     let leaf = root.get(t0);
 *     if (leaf !== undefined) leaf = leaf.get(t1);
 *     if (leaf !== undefined) { before = 2; p0 = v0; p1 = v1; last = leaf; }
 *     return leaf;
 *   },
 *   forget() { before = -1; last = undefined; },
 * };
 * ```
 *
 * If types count, `find` and `at` also note whether a value is no string, and report that before they remember.
 *
 * The caller's values are remembered, so that a status code that is a number is found again without being converted to
 * text; objects are not, because their text may change.
 */
function source(names: readonly string[], typed: boolean): string {
  const each = (make: (name: string, i: number) => string, separator = ''): string =>
    names.map(make).join(separator);
  const descend = each((_, i) =>
    i === 0 ? 'let leaf = root.get(t0);' : `if (leaf !== undefined) leaf = leaf.get(t${i});`,
  );
  const note = typed ? 'other = true; ' : '';
  const tell = (values: string): string =>
    typed ? `if (other || leaf.types !== '') hooks.typed(leaf, ${values});` : '';
  const remember = `${each((_, i) => `p${i} = v${i}; `)}last = leaf;`;
  return `'use strict';
const root = tree.root; let last, before = -1${each((_, i) => `, p${i}`)};
return {
  find(labels) {
    let given = 0${each((name, i) => `, v${i} = labels[${JSON.stringify(name)}]`)};
    for (const _ in labels) given++;
    if (given === before${each((_, i) => ` && v${i} === p${i}`)}) return last;
    let ${typed ? 'other = false, ' : ''}all = given${each((_, i) => `, t${i} = v${i}`)};
    ${each((_, i) => `if (v${i} !== undefined) { given--; if (typeof v${i} !== 'string') { ${note}t${i} = \`\${v${i}}\`; if (Object(v${i}) === v${i}) all = -1; } }`)}
    if (given !== 0) {
      hooks.check(labels);
      ${each((name, i) => `if (v${i} === undefined && Object.hasOwn(labels, ${JSON.stringify(name)})) t${i} = 'undefined';`)}
    }
    ${names.length === 0 ? 'const leaf = tree.only;' : descend}
    if (leaf === undefined) return hooks.miss(labels, [${each((_, i) => `t${i}`, ', ')}]);
    ${tell('Object.values(labels)')}
    if (given === 0) { before = all; ${remember} }
    return leaf;
  },
  at(given) {
    ${each((_, i) => `const v${i} = given[${i}];`)}
    if (before === ${names.length}${each((_, i) => ` && v${i} === p${i}`)}) return last;
    ${typed ? 'let other = false;' : ''}
    ${each((_, i) => `let t${i} = v${i}; if (typeof v${i} !== 'string') { ${note}if (typeof v${i} !== 'number') return undefined; t${i} = \`\${v${i}}\`; }`)}
    ${names.length === 0 ? 'const leaf = tree.only;' : descend}
    if (leaf !== undefined) { ${tell('given')} before = ${names.length}; ${remember} }
    return leaf;
  },
  forget() { before = -1; last = undefined; },
};`;
}
