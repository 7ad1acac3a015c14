/** Limits on the number of values of single labels (`maxLabelValues`), so that one label cannot fill a metric. */

import { asText, isLong, wellFormed } from './text';

/** The limit of one label. */
export interface ValueLimit {
  /** The maximum number of values that the label has in the metric's series, without {@link instead}. */
  readonly most: number;
  /** The value that replaces every further value. */
  readonly instead: string;
}

/** A limit with the values that are not replaced. */
interface Limited extends ValueLimit {
  readonly known: Set<string>;
}

export class ValueLimits {
  private readonly limits: ReadonlyMap<string, Limited>;

  constructor(limits: ReadonlyMap<string, ValueLimit>) {
    const limited = [...limits].map(
      ([name, limit]) => [name, { ...limit, known: new Set<string>() }] as const,
    );
    this.limits = new Map(limited);
  }

  /** Adds a value that is not replaced, even if the limit is reached. */
  allow(name: string, value: unknown): void {
    this.limits.get(name)?.known.add(wellFormed(asText(value)));
  }

  /** Returns whether a label has a limit. */
  has(name: string): boolean {
    return this.limits.has(name);
  }

  /**
   * Returns the value under which an update counts, for the value that its caller gives to a label with a limit: the
   * same value, or `instead`.
   *
   * @param bytes the maximum length of a value; a longer one is always replaced by `instead`
   * @param others returns the values that a label has in the series of all processes, without those that it has
   *   returned before
   */
  counted(
    name: string,
    given: string,
    bytes: number,
    others: (name: string) => readonly string[],
  ): string {
    const { known, most, instead } = this.limits.get(name)!;
    if (isLong(given, bytes)) return instead;
    const value = wellFormed(given);
    if (known.has(value)) return value;
    if (value === instead || known.size >= most) return instead;
    for (const one of others(name)) if (one !== instead) known.add(one);
    if (known.size < most) known.add(value);
    return known.has(value) ? value : instead;
  }

  /** {@link counted}, for a label object. Returns `labels` if no value is replaced. */
  countedLabels(
    labels: object,
    bytes: number,
    others: (name: string) => readonly string[],
  ): object {
    let replaced: Map<string, unknown> | null = null;
    for (const [name, value] of Object.entries(labels) as [string, unknown][]) {
      if (!this.limits.has(name)) continue;
      const text = asText(value);
      const counted = this.counted(name, text, bytes, others);
      if (counted === text) continue;
      replaced ??= new Map(Object.entries(labels));
      replaced.set(name, counted);
    }
    // `fromEntries` defines properties and calls no setter: a label may be called `__proto__`.
    return replaced === null ? labels : Object.fromEntries(replaced);
  }
}
