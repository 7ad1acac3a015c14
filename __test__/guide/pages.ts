/** The pages of docs/guide/coming-from: their tables, and their pairs of examples with the outputs of these. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(__dirname, '..', '..', 'docs', 'guide', 'coming-from');

/** The blocks of a section: an example of another library, the same with this package, and their outputs. */
export interface Pair {
  readonly title: string;
  readonly python: string;
  readonly javascript: string;
  /** The output of our example. */
  readonly printed: string;
  /** The output of the other library's example; null if it has the same samples as ours. */
  readonly theirs: string | null;
}

export interface Page {
  /** The file's name without `.md`. */
  readonly name: string;
  readonly lines: number;
  /** The cells of each row of each table; the first row of a table is its head. */
  readonly tables: string[][][];
  readonly pairs: Pair[];
}

/** Returns the blocks of a section in one language, each without its fence. */
function blocksOf(section: string, language: string): string[] {
  const block = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm');
  return [...section.matchAll(block)].map(([, text]) => text!);
}

function pairOf(page: string, section: string): Pair[] {
  const title = section.slice(0, section.indexOf('\n'));
  const [python, ...pythons] = blocksOf(section, 'python');
  const [javascript, ...others] = blocksOf(section, 'js');
  const [printed, theirs = null, ...rest] = blocksOf(section, 'text');
  if (python === undefined && javascript === undefined) return [];
  if (python === undefined || javascript === undefined || printed === undefined)
    throw new Error(`${page}, ${title}: a pair has blocks in python, js and text`);
  if (pythons.length + others.length + rest.length > 0)
    throw new Error(`${page}, ${title}: a section has one pair`);
  return [{ title, python, javascript, printed, theirs }];
}

function tablesOf(text: string): string[][][] {
  const tables: string[][][] = [];
  let before = '';
  for (const line of text.split('\n')) {
    if (/^\|[ -]+\|/.test(line)) tables.push([cellsOf(before)]);
    else if (line.startsWith('|') && before.startsWith('|')) tables.at(-1)!.push(cellsOf(line));
    before = line;
  }
  return tables;
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

function read(name: string): Page {
  const text = readFileSync(join(folder, `${name}.md`), 'utf8');
  const [, ...sections] = text.split(/^### /m);
  return {
    name,
    lines: text.split('\n').length,
    tables: tablesOf(text),
    pairs: sections.flatMap((section) => pairOf(name, section)),
  };
}

export const pages: readonly Page[] = readdirSync(folder)
  .map((file) => read(file.replace(/\.md$/, '')))
  .sort((a, b) => (a.name < b.name ? -1 : 1));
