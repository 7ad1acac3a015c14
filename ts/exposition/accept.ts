/** Choosing a Content-Type by the Accept header of a request: RFC 9110, section 12.5.1. */

interface MediaRange {
  type: string;
  subtype: string;
  version: string | undefined;
  quality: number;
}

/** A weight as RFC 9110, section 12.4.2 has it. */
const WEIGHT = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/**
 * The type that a client likes best.
 *
 * Of a range's parameters only `version` decides whether it means a type: Prometheus names others (`escaping`)
 * that a type without them serves as well. The most specific range that means a type gives its weight.
 *
 * @param accept the header; undefined if there is none
 * @param offered what there is, the server's favourite first: it serves those who like others no better, and
 *   those who like none
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

/** How exactly a range means a type; 0 if it does not. */
function closenessOf(range: MediaRange, own: MediaRange): number {
  if (range.type === '*') return range.subtype === '*' ? 1 : 0;
  if (range.type !== own.type) return 0;
  if (range.subtype === '*') return 2;
  if (range.subtype !== own.subtype) return 0;
  if (range.version === undefined) return 3;
  return range.version === own.version ? 4 : 0;
}

/** A part of the header; nothing if it is malformed. */
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

/** What stands between separators that are not quoted, without white space around it and without empty parts. */
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
  // A quote that is never closed hides the rest.
  if (quoted) found.push(text.slice(start).trim());
  return [...new Set(found)].filter((part) => part !== '');
}

function unquoted(value: string): string {
  if (!value.startsWith('"')) return value;
  return value.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1');
}
