/** Configurations that are JSON, in an environment variable or in a file, and how they are shown. */

import { readFileSync } from 'fs';
import { resolve } from 'path';

import { messageOf, MpmetricsError, shown } from '../errors';

/** An object as it was read from JSON. */
export type Configuration = Readonly<Record<string, unknown>>;

/**
 * Reads the configuration that a variable has or names.
 *
 * @param variable its name, for errors
 * @param said its value: the path of a file, or JSON that begins with `{`
 * @throws MpmetricsError `ERR_MPMETRICS_INVALID` that names the file and, for wrong JSON, the line and the column
 */
export function readConfiguration(variable: string, said: string): Configuration {
  if (said.trimStart().startsWith('{')) return parse(variable, said);
  const path = resolve(said);
  let text: string;
  try {
    // Some editors begin a file with a byte order mark.
    text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw invalid(`${variable} names ${path}, which cannot be read: ${messageOf(error)}`, error);
  }
  return parse(path, text);
}

/** @param origin the variable or the file that has the text */
function parse(origin: string, text: string): Configuration {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    const [line, column] = positionOf(text);
    // Without the cause, whose message has the text around the error: that may be a password.
    const why = messageOf(error).replace(/(?:, )?(?:\.{3})?"[^]*is not valid JSON$/, '');
    throw invalid(`${origin}:${line}:${column} is no JSON: ${why || 'it begins with no brace'}`);
  }
  if (typeof found !== 'object' || found === null || Array.isArray(found)) {
    throw invalid(`${origin} must have a JSON object, and has ${shown(found)}`);
  }
  return found as Configuration;
}

/** Returns line and column, from 1 on, of the first character at which a text stops being JSON. */
function positionOf(text: string): [line: number, column: number] {
  // Node.js' messages name the position for some errors only. Each text that begins as JSON does, and ends too early,
  // causes an error at its end.
  let [good, bad] = [0, text.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (endsEarly(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  const before = text.slice(0, endsEarly(text) ? text.length : good).split('\n');
  return [before.length, before.at(-1)!.length + 1];
}

/** Whether a text is JSON, or the beginning of JSON. */
function endsEarly(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const message = messageOf(error);
    const position = / at position (\d+)/.exec(message)?.[1];
    if (position !== undefined) return Number(position) >= text.length;
    return message.startsWith('Unexpected end');
  }
}

const SECRET =
  /pass|pwd|secret|token|credential|(?:api|private|access|account)_?key|^auth$|authorization/i;

/** Passwords in URLs: between the colon after the user's name and the last @, and in the query. */
const IN_URL = /\b([a-z][a-z0-9+.-]*:\/\/[^\s:@/?#]*):[^\s]*@/gi;
const IN_QUERY = /([?&][^=&\s]*(?:pass|secret|token|key)[^=&\s]*=)[^&\s#]*/gi;

/** Returns a copy of a configuration in which passwords, also those in URLs, are `***`. */
export function redacted(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') {
    return value.replace(IN_URL, '$1:***@').replace(IN_QUERY, '$1***');
  }
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof URL) return redacted(value.href);
  // A client or a socket is not a part of the configuration that a reader needs.
  if (depth > 4) return '…';
  if (Array.isArray(value)) return value.map((one) => redacted(one, depth + 1));
  if (!isPlain(value)) return shownClass(value);
  const entries = Object.entries(value).map(([key, one]) => [
    key,
    SECRET.test(key) && one !== undefined && one !== null ? '***' : redacted(one, depth + 1),
  ]);
  return Object.fromEntries(entries);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function shownClass(value: object): string {
  return `[${(value.constructor as { name?: string } | undefined)?.name ?? 'object'}]`;
}

function invalid(message: string, cause?: unknown): MpmetricsError {
  return new MpmetricsError('ERR_MPMETRICS_INVALID', message, cause);
}
