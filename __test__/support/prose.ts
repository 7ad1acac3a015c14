/** The prose of a file, apart from its code: comments and texts of a program, the paragraphs of a document. */

/** A line of a file. */
export interface Line {
  /** Its number, from 1 on. */
  readonly number: number;
  readonly text: string;
}

/** A file in two halves, line by line. */
export interface Halves {
  readonly code: Line[];
  /** Sentences go on in the next line, so these are not sentences. */
  readonly prose: Line[];
}

const TOKEN = /\/\*[^]*?\*\/|\/\/.*|`(?:[^`\\]|\\[^])*`|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g;
// Lifetimes begin with an apostrophe, too.
const RUST_TOKEN =
  /\/\*[^]*?\*\/|\/\/.*|\bb?r(#+)"[^]*?"\1|"(?:[^"\\]|\\[^])*"|'(?:[^'\\\n]|\\.)'/g;

/** Splits a file by the ending of its name. */
export function halvesOf(path: string, text: string): Halves {
  if (path.endsWith('.md'))
    return { code: [], prose: lines(text.replace(/^```[^]*?^```|`[^`\n]*`/gm, blank)) };
  const token = path.endsWith('.rs') ? RUST_TOKEN : TOKEN;
  const prose: Line[] = [];
  for (const found of text.matchAll(token)) {
    const first = text.slice(0, found.index).split('\n').length - 1;
    const [token] = found;
    // A text of one word is a name or a value.
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

/** White space in place of a text, of as many lines. */
function blank(text: string): string {
  return text.replace(/[^\n]+/g, ' ');
}
