/** Samples of texts that different libraries print, in a form in which they can be compared. */

const SAMPLE = /^([\w:]+)(?:\{(.*)\})? (\S+)(?: \d+)?$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/**
 * Returns the values of a text by sample. Labels are sorted, and the bounds of buckets are spelled as numbers are in
 * JavaScript, because Prometheus ignores the order of labels and, from version 3 on, reads the bounds `1.0` and `1` as
 * the same. Timestamps and series of creation times (`_created`) are left out.
 */
export function exposed(text: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
    if (name === undefined || name.endsWith('_created')) continue;
    const sorted = [...labels.matchAll(LABEL)]
      .map(([, label, text]) => `${label!}=${label === 'le' ? String(numberOf(text!)) : text!}`)
      .sort();
    found[`${name}{${sorted.join(',')}}`] = numberOf(value!);
  }
  return found;
}

function numberOf(text: string): number {
  return /^\+?inf$/i.test(text) ? Infinity : Number(text);
}
