/**
 * Label sets as text: the label text, which text format 0.0.4 prints between the braces, and the types of the label
 * values as the caller gave them.
 */

/**
 * A label set as the heap stores it.
 *
 * `text` is `a="1",b="x\"y"` in the caller's key order. `types` is empty when every value was a string or undefined,
 * else one letter per label: s string, n number, b boolean, i bigint, z null, o anything else.
 */
export interface LabelText {
  readonly text: string;
  readonly types: string;
}

/** A label's name and its value as text, unescaped. */
export type Pair = [name: string, value: string];

/** The label set of a series without labels. */
export const NO_LABELS: LabelText = { text: '', types: '' };

/** The result of {@link labelText} for a label set with a value that is too long; no text is made for it. */
export const TOO_LONG: LabelText = { text: '', types: '' };

/**
 * Returns the text of a caller's label object: its own enumerable keys, in its order, as prom-client prints them.
 *
 * @param most the maximum of UTF-8 bytes in a value, before it is escaped
 * @returns {@link TOO_LONG} if a value has more bytes
 */
export function labelText(labels: object, most = Infinity): LabelText {
  let text = '';
  let types = '';
  let strings = true;
  for (const [name, value] of Object.entries(labels) as [string, unknown][]) {
    const type = typeLetter(value);
    if (type !== 's') strings = false;
    types += type;
    const plain = asText(value);
    if (isLong(plain, most)) return TOO_LONG;
    const separator = text === '' ? '' : ',';
    text += `${separator}${name}="${escapeLabelValue(wellFormed(plain))}"`;
  }
  return text === '' ? NO_LABELS : { text, types: strings ? '' : types };
}

/** Returns the types of a label set's values, in the order of the labels in `text`, another text of the same set. */
export function typesIn(text: string, label: LabelText): string {
  if (label.types === '' || label.text === text) return label.types;
  const names = parseLabelText(label.text).map(([name]) => name);
  return parseLabelText(text)
    .map(([name]) => label.types[names.indexOf(name)]!)
    .join('');
}

/** Whether values have these types in this order. If false, they may still have the types in another order. */
export function haveTypes(types: string, values: readonly unknown[]): boolean {
  if (types === '') return values.every((value) => typeof value === 'string');
  return (
    values.length === types.length && values.every((value, i) => typeLetter(value) === types[i])
  );
}

/** The pairs of a {@link LabelText}'s `text`. */
export function parseLabelText(text: string): Pair[] {
  const pairs: Pair[] = [];
  let at = 0;
  while (at < text.length) {
    const equals = text.indexOf('="', at);
    const end = closingQuote(text, equals + 2);
    pairs.push([text.slice(at, equals), unescape(text.slice(equals + 2, end))]);
    at = end + 2;
  }
  return pairs;
}

/** True if a value has more than `bytes` bytes as UTF-8. */
export function isLong(value: string, bytes: number): boolean {
  // A UTF-16 unit becomes one to three bytes of UTF-8.
  if (value.length * 3 <= bytes) return false;
  return value.length > bytes || Buffer.byteLength(value) > bytes;
}

/** Converts a label value back from text; `type` is a letter of {@link LabelText}'s `types`. */
export function reviveLabelValue(value: string, type: string | undefined): unknown {
  switch (type) {
    case 'n':
      return Number(value);
    case 'b':
      return value === 'true';
    case 'i':
      return BigInt(value);
    case 'z':
      return null;
    default:
      return value;
  }
}

/** Escapes a label value for text format 0.0.4. */
export function escapeLabelValue(value: string): string {
  return /["\\\n]/.test(value) ? escapeHelp(value).replaceAll('"', '\\"') : value;
}

/** Escapes a help text for text format 0.0.4. */
export function escapeHelp(value: string): string {
  return /[\\\n]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n') : value;
}

/**
 * Replaces lone surrogates, which UTF-8 does not have. Otherwise a scrape would print two label values that differ only
 * in such a surrogate as the same series twice.
 */
export function wellFormed(value: string): string {
  return value.replace(/\p{Surrogate}/gu, '\uFFFD');
}

/** Converts a label value to text, as a template literal does: a symbol throws a TypeError. */
export function asText(value: unknown): string {
  return `${value as number}`;
}

function typeLetter(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 's';
    case 'number':
      return 'n';
    case 'boolean':
      return 'b';
    case 'bigint':
      return 'i';
    case 'undefined':
      // The label's value is revived as the text `undefined`. JSON would leave out a label whose value is undefined,
      // and the series would look like the series without this label.
      return 's';
    default:
      return value === null ? 'z' : 'o';
  }
}

function closingQuote(text: string, from: number): number {
  let at = from;
  while (text[at] !== '"' && at < text.length) at += text[at] === '\\' ? 2 : 1;
  return at;
}

function unescape(value: string): string {
  if (!value.includes('\\')) return value;
  return value.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
}
