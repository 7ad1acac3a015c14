/** Separates the prose of a file from its code: comments and strings of a program, or paragraphs of a document. */

/** A line of a file. */
export interface Line {
  /** Its number, from 1 on. */
  readonly number: number;
  readonly text: string;
}

/** A file in two halves, line by line. */
export interface Halves {
  readonly code: Line[];
  /** Lines of prose. A sentence may continue in the next line. */
  readonly prose: Line[];
}

const TOKEN = /\/\*[^]*?\*\/|\/\/.*|`(?:[^`\\]|\\[^])*`|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g;
// Only single characters in apostrophes are literals, because lifetimes begin with an apostrophe, too.
const RUST_TOKEN =
  /\/\*[^]*?\*\/|\/\/.*|\bb?r(#+)"[^]*?"\1|"(?:[^"\\]|\\[^])*"|'(?:[^'\\\n]|\\.)'/g;

/** Separates a file's prose from its code. The ending of the file's name says which language it is in. */
export function halvesOf(path: string, text: string): Halves {
  if (path.endsWith('.md'))
    return { code: [], prose: lines(text.replace(/^```[^]*?^```|`[^`\n]*`/gm, blank)) };
  const token = path.endsWith('.rs') ? RUST_TOKEN : TOKEN;
  const prose: Line[] = [];
  for (const found of text.matchAll(token)) {
    const first = text.slice(0, found.index).split('\n').length - 1;
    const [token] = found;
    // A string without a space is a name or a value, and no prose.
    if (!token.startsWith('/') && !token.includes(' ')) continue;
    const words = token.startsWith('/') ? token.replace(/`[^`\n]*`/g, '``') : token.slice(1, -1);
    for (const { number, text } of lines(words))
      prose.push({
        number: first + number,
        text: text.replace(/^\s*(?:\/\*\*?|\*|\/\/[/!]?)\s?/, ''),
      });
  }
  return { code: lines(text.replace(token, blank)), prose };
}

function lines(text: string): Line[] {
  return text.split('\n').map((text, k) => ({ number: k + 1, text }));
}

/** Replaces each line of a text with a space, and keeps the line breaks. */
function blank(text: string): string {
  return text.replace(/[^\n]+/g, ' ');
}
