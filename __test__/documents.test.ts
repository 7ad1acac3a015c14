/** The documents name only files, specs and commands that exist. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

const root = join(__dirname, '..');
const text = readFileSync(join(root, 'docs', 'COMPATIBILITY.md'), 'utf8');

/** Returns the tables: the cells of the head, and of each row. */
function tables(): { head: string[]; rows: string[][] }[] {
  const found: { head: string[]; rows: string[][] }[] = [];
  let before = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('|---')) found.push({ head: cells(before), rows: [] });
    else if (before.startsWith('|') && line.startsWith('|')) found.at(-1)!.rows.push(cells(line));
    before = line;
  }
  return found;
}

function cells(line: string): string[] {
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

const all = tables();

test('every difference has a reason and a spec', () => {
  expect(all.length).toBeGreaterThan(5);
  for (const { head, rows } of all) {
    expect(head.slice(-2)).toEqual(['why', 'spec']);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      expect(row).toHaveLength(head.length);
      expect(row.filter((cell) => cell === '')).toEqual([]);
    }
  }
});

const specs = all.flatMap(({ rows }) => rows.map((row) => [row[0]!, row.at(-1)!] as const));

describe('the named spec exists:', () => {
  test.each(specs)('%s', (_, spec) => {
    const [, file, title] = /^`([\w/-]+)`: (.+)$/.exec(spec) ?? [];
    const path = join(__dirname, `${String(file)}.test.ts`);
    expect(existsSync(path)).toBe(true);
    // A document may name a part of a title, which has quotes of any kind in the source.
    const source = readFileSync(path, 'utf8').replaceAll("\\'", "'");
    const titles = [...source.matchAll(/(['"`])((?:(?!\1)[^\\\n]|\\.){4,})\1/g)].map(
      ([, , one]) => one!,
    );
    expect(titles.filter((one) => one.includes(title!))).not.toEqual([]);
  });
});

describe('named files and commands exist:', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const folders = '\\.ci|\\.github|\\.githooks|crates|ts|docs|scripts|__test__|bench|examples|npm';
  const path = new RegExp(`(?<![\\w/.@-])(?:${folders})/[\\w./-]*[\\w/]`, 'g');

  const guide = readdirSync(join(root, 'docs', 'guide'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/guide/${file.slice(0, -'.md'.length)}`);

  test.each([
    ...['CHANGELOG', 'CONTRIBUTING', 'README', 'SECURITY', 'bench/README', 'docs/ARCHITECTURE'],
    ...['docs/COMPATIBILITY', 'docs/CONCURRENCY', 'docs/FORMAT', 'docs/PLATFORMS'],
    ...guide,
  ])('in %s.md', (document) => {
    const said = readFileSync(join(root, `${document}.md`), 'utf8');
    const paths = [...said.matchAll(path)].map(([one]) => one);
    expect(paths.filter((one) => !existsSync(join(root, one)))).toEqual([]);
    const commands = [...said.matchAll(/\bnpm run (?!--)([\w:-]+)/g)].map(([, name]) => name!);
    expect(commands.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  test('paths are found, and other words are not', () => {
    const names = 'see `ts/index.ts`, npm/linux-x64-gnu/, an/other/ts/x and docs/FORMAT.md.';
    expect(names.match(path)).toEqual(['ts/index.ts', 'npm/linux-x64-gnu/', 'docs/FORMAT.md']);
  });
});
