/**
 * Finds the leaf of a caller's label object in a {@link LabelTree}.
 *
 * A loop that reads `labels[name]` becomes megamorphic once a program has a dozen metrics (6 → 34 ns; 16 → 42 ns with
 * the check for unknown labels). So the code of a lookup is generated, and every property read in the code has its own
 * inline cache. The first {@link OWN_CODE} labelled metrics of an isolate each get code of their own; later ones with the
 * same list of label names share code (docs/DECISIONS/0003).
 */

import type { LabelDefaults } from './defaults';
import { asText, wellFormed } from './text';
import type { LabelTree, LabelValue } from './tree';

/** The functions that a lookup calls where finding the leaf is not enough. */
export interface LookupHooks<L> {
  /** Called if no leaf has these values. Returns the leaf to use, or throws. */
  miss(labels: object, values: LabelValue[]): L;
  /** Called if the labels may have names that are not declared. Throws if they have. */
  check(labels: object): void;
  /**
   * Called when a leaf was found, and a value of this call is not a string, or the leaf's `types` say that one of its
   * values is not. Generated code does not call it if the values are those of the previous call. Left out if nothing
   * depends on the types of values.
   */
  typed?: (leaf: L, values: readonly unknown[]) => void;
}

/** A leaf of a lookup that has {@link LookupHooks.typed}. */
interface TypedLeaf {
  /** The types that were last noted for the leaf's label values; '' if all were strings. */
  readonly types: string;
}

/** A lookup over one tree. */
export interface Lookup<L> {
  /** Finds the leaf of a label object. */
  readonly find: (labels: object) => L;
  /**
   * Finds the leaf of label values, one for each label name in order. Returns undefined if there is none. Also returns
   * undefined for a value that is neither a string nor a number, unless the values are those of the previous call.
   */
  readonly at: (given: readonly unknown[]) => L | undefined;
  /** Forgets the leaf of the last call, because it was removed from the tree. */
  readonly forget: () => void;
}

type Factory = <L>(
  tree: LabelTree<L>,
  hooks: LookupHooks<L>,
  defaults: LabelDefaults | null,
) => Lookup<L>;

/** The shared code, by its source text; null if code generation is forbidden. */
const factories = new Map<string, Factory | null>();

/** The maximum of lookups with code of their own. Each costs some 85 µs and 7 KB, once. */
const OWN_CODE = 64;

let own = 0;

/**
 * Makes a lookup over the tree: with generated code, or {@link plainLookup} if code generation is forbidden
 * (`--disallow-code-generation-from-strings`, a content security policy).
 *
 * @param names the declared label names, already validated; the tree's depth is their number
 * @param defaults values of labels that a caller may leave out; null for none
 */
export function createLookup<L>(
  names: readonly string[],
  tree: LabelTree<L>,
  hooks: LookupHooks<L>,
  defaults: LabelDefaults | null = null,
): Lookup<L> {
  const factory = generate(names, hooks.typed !== undefined, defaults);
  return factory === null
    ? plainLookup(names, tree, hooks, defaults)
    : factory(tree, hooks, defaults);
}

/** Makes a lookup without generated code. */
export function plainLookup<L>(
  names: readonly string[],
  tree: LabelTree<L>,
  hooks: LookupHooks<L>,
  defaults: LabelDefaults | null = null,
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
        const value = labelValue(labels, name, defaults);
        if (value !== undefined) known++;
        values.push(value ?? defaults?.texts[values.length]);
      }
      if (given !== known) hooks.check(labels);
      const leaf = tree.get(values);
      if (leaf === undefined) return hooks.miss(labels, values);
      typed(leaf, Object.values(defaults === null ? labels : defaults.fill(labels)));
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

/**
 * Returns the values of a label object in the order of the names, as a {@link LabelTree} has them. The caller has added
 * default values to the object.
 */
export function labelValues(names: readonly string[], labels: object): LabelValue[] {
  return names.map((name) => {
    const value = labelValue(labels, name, null);
    return value === undefined ? undefined : wellFormed(value);
  });
}

/**
 * Returns a label's value as text; undefined if the caller left the label out. A value of null becomes the text `null`,
 * and undefined the text `undefined`, unless the label has a default value.
 */
function labelValue(labels: object, name: string, defaults: LabelDefaults | null): LabelValue {
  const value = (labels as Record<string, unknown>)[name];
  if (value === undefined && (defaults?.has(name) === true || !Object.hasOwn(labels, name))) {
    return undefined;
  }
  return asText(value);
}

function generate(
  names: readonly string[],
  typed: boolean,
  defaults: LabelDefaults | null,
): Factory | null {
  const text = source(names, typed, defaults);
  // Code for no labels reads no property of the label object, so metrics without labels can share it.
  if (own < OWN_CODE && names.length > 0) {
    own++;
    // V8 recognises equal source text, and shares what its inline caches learn. The number makes the texts differ.
    return compile(`${text} // ${own}`);
  }
  let factory = factories.get(text);
  if (factory === undefined) {
    factory = compile(text);
    factories.set(text, factory);
  }
  return factory;
}

/** Compiles a factory; null if code generation is forbidden. */
function compile(text: string): Factory | null {
  try {
    // The names match /^[a-zA-Z_][a-zA-Z0-9_]*$/, and default values are JSON, so a user's text cannot become code.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    return new Function('tree', 'hooks', 'defaults', text) as Factory;
  } catch {
    return null;
  }
}

/**
 * Returns the source text of a factory. For the names a and b:
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
 * If b has a default value `me`, the code of `find` sets `t1 = "me"` where v1 is undefined, and has no `if` that sets
 * `t1 = 'undefined'`.
 *
 * With `typed`, `find` and `at` also note whether a value is not a string, and call {@link LookupHooks.typed} before
 * they remember the leaf.
 *
 * The code remembers the caller's own values, so that a repeated number (a status code) need not be converted to text
 * again. It does not remember objects, because their text may change.
 */
function source(names: readonly string[], typed: boolean, defaults: LabelDefaults | null): string {
  const each = (make: (name: string, i: number) => string, separator = ''): string =>
    names.map(make).join(separator);
  const descend = each((_, i) =>
    i === 0 ? 'let leaf = root.get(t0);' : `if (leaf !== undefined) leaf = leaf.get(t${i});`,
  );
  const note = typed ? 'other = true; ' : '';
  // A default value that is no string has been converted to text already, but its type counts.
  const missing = names.map((name, i) => {
    const text = defaults?.texts[i];
    if (text === undefined) return '';
    const other = typeof defaults!.of(name) === 'string' ? '' : note;
    return ` else { ${other}t${i} = ${JSON.stringify(text)}; }`;
  });
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
    ${each((_, i) => `if (v${i} !== undefined) { given--; if (typeof v${i} !== 'string') { ${note}t${i} = \`\${v${i}}\`; if (Object(v${i}) === v${i}) all = -1; } }${missing[i]}`)}
    if (given !== 0) {
      hooks.check(labels);
      ${each((name, i) => (missing[i] === '' ? `if (v${i} === undefined && Object.hasOwn(labels, ${JSON.stringify(name)})) t${i} = 'undefined';` : ''))}
    }
    ${names.length === 0 ? 'const leaf = tree.only;' : descend}
    if (leaf === undefined) return hooks.miss(labels, [${each((_, i) => `t${i}`, ', ')}]);
    ${tell(`Object.values(${defaults === null ? 'labels' : 'defaults.fill(labels)'})`)}
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
