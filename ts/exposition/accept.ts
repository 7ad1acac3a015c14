/** Chooses a Content-Type by the Accept header of a request: RFC 9110, section 12.5.1. */

interface MediaRange {
  type: string;
  subtype: string;
  version: string | undefined;
  quality: number;
}

/** The syntax of a weight: RFC 9110, section 12.4.2. */
const WEIGHT = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/**
 * Returns the type that a client prefers.
 *
 * A type's weight is that of the most specific range that matches the type. Of a range's parameters, only `version`
 * must match: Prometheus sends others (`escaping`), and accepts types without them.
 *
 * @param accept the header; undefined if there is none
 * @param offered the types that the server can send, its favourite first. The favourite is the result if the client
 *   prefers no other type, or accepts none
 */
export function preferred<T extends string>(
  accept: string | undefined,
  offered: readonly [T, ...T[]],
): T {
  const ranges = parts(accept ?? '', ',').flatMap(mediaRange);
  let [best] = offered;
  let highest = 0;
  for (const one of offered) {
    const quality = qualityOf(one, ranges);
    if (quality > highest) [best, highest] = [one, quality];
  }
  return best;
}

function qualityOf(offered: string, ranges: readonly MediaRange[]): number {
  const [own] = mediaRange(offered);
  let [quality, closest] = [0, 0];
  for (const range of ranges) {
    const closeness = own === undefined ? 0 : closenessOf(range, own);
    if (
      closeness > closest ||
      (closeness === closest && closeness > 0 && range.quality > quality)
    ) {
      [quality, closest] = [range.quality, closeness];
    }
  }
  return quality;
}

/** Returns how specifically a range matches a type, from 1 to 4; 0 if it does not match. */
function closenessOf(range: MediaRange, own: MediaRange): number {
  if (range.type === '*') return range.subtype === '*' ? 1 : 0;
  if (range.type !== own.type) return 0;
  if (range.subtype === '*') return 2;
  if (range.subtype !== own.subtype) return 0;
  if (range.version === undefined) return 3;
  return range.version === own.version ? 4 : 0;
}

/** Parses a part of the header. Returns an array of its one range; an empty array if the part is malformed. */
function mediaRange(text: string): MediaRange[] {
  const [range = '', ...parameters] = parts(text, ';');
  const [type = '', subtype = '', ...more] = range.toLowerCase().split('/');
  if (type === '' || subtype === '' || more.length > 0) return [];
  let version: string | undefined;
  let quality = 1;
  for (const parameter of parameters) {
    const equals = parameter.indexOf('=');
    const name = parameter.slice(0, equals).trim().toLowerCase();
    const value = unquoted(parameter.slice(equals + 1).trim());
    if (equals > 0 && name === 'version') version = value;
    if (name !== 'q') continue;
    if (!WEIGHT.test(value)) return [];
    quality = Number(value);
  }
  return [{ type, subtype, version, quality }];
}

/** Splits a text at separators outside of quotes. Returns each part once, trimmed; leaves out empty parts. */
function parts(text: string, separator: string): string[] {
  const found: string[] = [];
  let [start, quoted] = [0, false];
  for (let at = 0; at <= text.length; at++) {
    const letter = text[at];
    if (quoted && letter === '\\') at++;
    else if (letter === '"') quoted = !quoted;
    else if (letter === undefined || (letter === separator && !quoted)) {
      found.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  // If the text ends with a backslash in a quote that is not closed, the loop has skipped the last part.
  if (quoted) found.push(text.slice(start).trim());
  return [...new Set(found)].filter((part) => part !== '');
}

function unquoted(value: string): string {
  if (!value.startsWith('"')) return value;
  return value.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1');
}
