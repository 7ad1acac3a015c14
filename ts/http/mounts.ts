/** The patterns at which Express mounts routers, from the layers of its routers. */

/** A layer of a router: a middleware, a mounted router or a route. */
export interface Layer {
  readonly handle: { readonly stack?: readonly Layer[] };
  readonly route?: object | undefined;
  /** The path of the registration, since router 2.3 (Express 5.3). */
  readonly rawPath?: unknown;
  /** Express 4: the compiled path. */
  readonly regexp?: RegExp;
  /** Express 4: the parameters, in the order of the groups. */
  readonly keys?: readonly { readonly name: string | number; readonly optional?: boolean }[];
  /** Express 5: a function for each path, from which the path cannot be read. */
  readonly matchers?: readonly ((path: string) => Match | false)[];
}

interface Match {
  readonly path: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** The end of each regular expression that Express 4 compiles from a string. Those of a program do not end so. */
const END = '\\/?(?=\\/|$)';

/** A text that no program registers as a path. It has no character that separates parameters, such as `-` and `.`. */
const PROBE = 'mpmetricsprobe';

const patterns = new WeakMap<Layer, string>();

/**
 * Returns the pattern of a mount.
 *
 * @param path a path that the layer matches, and that begins with `/`; for layers that do not keep their pattern
 */
export function patternOf(layer: Layer, path: string): string {
  let pattern = patterns.get(layer);
  if (pattern === undefined) {
    pattern = told(layer) ?? guessed(layer, path);
    patterns.set(layer, pattern);
  }
  return pattern;
}

/**
 * Returns a registered path as text, without a slash at its end: for an array all its paths, joined by `|`; for a
 * regular expression, the expression as it is written.
 */
export function textOf(path: unknown): string {
  if (Array.isArray(path)) return path.flat(Infinity).map(textOf).join('|');
  return typeof path === 'string' ? path.replace(/\/$/, '') : String(path);
}

/** Returns the beginning of a path that a mount matches; null if it does not match. */
export function taken(layer: Layer, path: string): string | null {
  return matched(layer, path)?.path.replace(/\/$/, '') ?? null;
}

function told(layer: Layer): string | undefined {
  if (layer.rawPath !== undefined) return textOf(layer.rawPath);
  const { regexp, keys = [] } = layer;
  if (regexp === undefined) return undefined;
  if (!regexp.source.endsWith(END)) return String(regexp);
  const names = keys.map(({ name }) => name);
  const sources = regexp.source.slice(0, -END.length).split(`${END}|`);
  return sources.map((source) => fromSource(source, names)).join('|');
}

/** Returns the path from which Express 4 compiled a regular expression. Removes the path's parameters from `names`. */
function fromSource(source: string, names: (string | number)[]): string {
  let text = '';
  let rest = source.replace(/^\^/, '');
  while (rest !== '') {
    const group = rest.startsWith('(') ? groupAt(rest) : undefined;
    if (group === undefined) {
      const [letter] = /^\\?[^]/.exec(rest)!;
      text += letter.slice(-1);
      rest = rest.slice(letter.length);
      continue;
    }
    // A parameter, in a group with the text before it: `(?:\/([^/]+?))`; or a group that the program wrote.
    const before = /^\(\?:((?:\\?[^(])*)\(/.exec(group)?.[1] ?? '';
    const name = names.shift();
    text += before.replace(/\\(.)/g, '$1') + (typeof name === 'string' ? `:${name}` : '*');
    rest = rest.slice(group.length);
  }
  return text === '/' ? '' : text;
}

/** Returns the group with which a regular expression begins. */
function groupAt(source: string): string {
  let depth = 0;
  for (let at = 0; at < source.length; at++) {
    const letter = source[at]!;
    if (letter === '\\') at++;
    else if (letter === '(') depth++;
    else if (letter === ')' && --depth === 0) return source.slice(0, at + 1);
  }
  return source;
}

function matched(layer: Layer, path: string): Match | null {
  const { regexp, keys = [], matchers = [] } = layer;
  if (regexp !== undefined) {
    const found = regexp.exec(path);
    if (found === null) return null;
    const params = keys.map(({ name }, i) => [name, found[i + 1]] as const);
    return { path: found[0], params: Object.fromEntries(params) };
  }
  for (const match of matchers) {
    const found = match(path);
    if (found !== false) return found;
  }
  return null;
}

/**
 * Finds the pattern of a mount of Express 5.0 to 5.2, whose layers do not keep it, from a path that the mount matches:
 * a part between two slashes that may be any text is a parameter. The other parts are written in lower case if the
 * mount matches that, too, so that the result does not depend on the first request.
 */
function guessed(layer: Layer, path: string): string {
  const whole = taken(layer, path);
  if (whole === null) return '';
  const segments = whole.split('/').slice(1);
  const found = segments.map((segment, i) => {
    const other = (text: string) => {
      try {
        return matched(layer, `/${segments.map((one, k) => (k === i ? text : one)).join('/')}`);
      } catch {
        // The text cannot be decoded.
        return null;
      }
    };
    const probed = Object.entries(other(PROBE)?.params ?? {});
    for (const [name, value] of probed) {
      if (value === PROBE) return `:${name}`;
      if (Array.isArray(value) && value.includes(PROBE)) return `*${name}`;
    }
    return segmentOf(segment, other);
  });
  return found
    .filter((one, i) => !(one.startsWith('*') && one === found[i - 1]))
    .map((one) => `/${one}`)
    .join('');
}

/**
 * Returns the pattern of a part between two slashes that is not a single parameter: its text, with parameters in it if
 * it has any; `*` if the mount also matches when the text beside the parameters is another one.
 *
 * @param other matches the path with another text in place of this part
 */
function segmentOf(segment: string, other: (text: string) => Match | null): string {
  const names: string[] = [];
  const texts: string[] = [];
  let rest = segment;
  for (const [name, value] of Object.entries(other(segment)?.params ?? {})) {
    if (typeof value !== 'string' || value === '') continue;
    const raw = [value, encodeURIComponent(value)].find((one) => rest.includes(one));
    if (raw === undefined) continue;
    const begin = rest.indexOf(raw);
    const before = segment.slice(0, segment.length - rest.length + begin);
    const after = rest.slice(begin + raw.length);
    if (other(before + PROBE + after)?.params[name] !== PROBE) continue;
    names.push(`:${name}`);
    texts.push(rest.slice(0, begin));
    rest = after;
  }
  texts.push(rest);
  const written = (pieces: readonly string[], between: (i: number) => string): string =>
    pieces.map((text, i) => text + (i < names.length ? between(i) : '')).join('');
  const varies = texts.some((text, k) =>
    [PROBE, ...shifted(text)].some((instead) => {
      const pieces = texts.map((one, i) => (i === k ? instead : one));
      return text !== '' && instead !== text && other(written(pieces, () => PROBE)) !== null;
    }),
  );
  if (varies) return '*';
  const lower = texts.map((text) => text.toLowerCase());
  const either = other(written(lower, () => PROBE)) !== null;
  return written(either ? lower : texts, (i) => names[i]!);
}

/** Returns variants of a text, each with one letter or digit replaced: a regular expression may match these, too. */
function shifted(text: string): string[] {
  return Array.from(text.matchAll(/[a-z\d]/gi), ({ 0: letter, index }) => {
    const last = letter === '9' || letter.toLowerCase() === 'z';
    const other = String.fromCharCode(letter.charCodeAt(0) + (last ? -1 : 1));
    return text.slice(0, index) + other + text.slice(index + 1);
  });
}
