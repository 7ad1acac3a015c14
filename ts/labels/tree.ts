/**
 * The handles of one metric by their label values: nested maps, one level per label name, so that different label sets
 * never share a handle. (A key of joined strings would be the same for `{a: '1,b:2'}` and `{a: '1', b: '2'}`.)
 */

/** A label's value; undefined if the caller left the label out: without the label, it is another series. */
export type LabelValue = string | undefined;

/** One level of the maps; the last level holds the leaves. */
export type Level = Map<LabelValue, unknown>;

export class LabelTree<L> {
  /** The first level. Always the same object, because a generated lookup keeps a reference to it. */
  readonly root: Level = new Map();
  /** The leaf of a tree without label names. */
  only: L | undefined = undefined;
  /** Number of label names. */
  readonly depth: number;

  constructor(depth: number) {
    this.depth = depth;
  }

  /** The leaf of these values, one for each label name in order. */
  get(values: readonly LabelValue[]): L | undefined {
    if (this.depth === 0) return this.only;
    let at: unknown = this.root;
    for (let i = 0; i < this.depth && at !== undefined; i++) at = (at as Level).get(values[i]);
    return at as L | undefined;
  }

  /** Adds a leaf, or replaces the one with these values. */
  put(values: readonly LabelValue[], leaf: L): void {
    if (this.depth === 0) {
      this.only = leaf;
      return;
    }
    let level = this.root;
    for (let i = 0; i < this.depth - 1; i++) {
      let next = level.get(values[i]) as Level | undefined;
      if (next === undefined) {
        next = new Map();
        level.set(values[i], next);
      }
      level = next;
    }
    level.set(values[this.depth - 1], leaf);
  }

  /** Removes a leaf, and the levels that are empty without it. */
  delete(values: readonly LabelValue[]): void {
    if (this.depth === 0) this.only = undefined;
    else removeBelow(this.root, values, 0, this.depth);
  }

  /** All leaves. */
  leaves(): L[] {
    if (this.depth === 0) return this.only === undefined ? [] : [this.only];
    let level: unknown[] = [...this.root.values()];
    for (let i = 1; i < this.depth; i++) {
      level = level.flatMap((map) => [...(map as Level).values()]);
    }
    return level as L[];
  }

  /** Removes every leaf for which `drop` is true; returns how many are left. */
  prune(drop: (leaf: L) => boolean): number {
    if (this.depth === 0) {
      if (this.only !== undefined && drop(this.only)) this.only = undefined;
      return this.only === undefined ? 0 : 1;
    }
    return pruneBelow(this.root, 1, this.depth, drop);
  }
}

function removeBelow(level: Level, values: readonly LabelValue[], at: number, depth: number): void {
  const value = values[at];
  if (at < depth - 1) {
    const next = level.get(value) as Level | undefined;
    if (next === undefined) return;
    removeBelow(next, values, at + 1, depth);
    if (next.size > 0) return;
  }
  level.delete(value);
}

function pruneBelow(
  level: Level,
  at: number,
  depth: number,
  drop: (leaf: never) => boolean,
): number {
  let left = 0;
  for (const [value, next] of level) {
    if (at === depth) {
      if (drop(next as never)) level.delete(value);
      else left++;
      continue;
    }
    left += pruneBelow(next as Level, at + 1, depth, drop);
    if ((next as Level).size === 0) level.delete(value);
  }
  return left;
}
