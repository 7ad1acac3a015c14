/** The licences of what is linked into a native module, as one text: `LICENSES/third-party.txt` of its package. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { zigLibraries } from './compilers.mjs';
import { Refusal, root } from './steps.mjs';

/** Names of files with a licence or a notice. */
const TEXTS = /^(licen[cs]e|copying|notice|unlicense)([-._].*)?$/i;

/** Files with the licences of Rust's standard library in distributions of Rust. The paths begin at the sysroot. */
const OF_STD = [
  'share/doc/rust/COPYRIGHT-library.html',
  'share/doc/rust/COPYRIGHT',
  'share/doc/libstd-rust-web-dev/copyright',
  'share/doc/libstd-rust-dev/copyright',
];

function metadata(triple, env) {
  const args = ['metadata', '--locked', '--format-version=1', `--filter-platform=${triple}`];
  const options = { cwd: root, env: { ...process.env, ...env }, encoding: 'utf8' };
  const asked = spawnSync('cargo', args, { ...options, maxBuffer: 1 << 27 });
  if (asked.status !== 0) throw new Refusal(`cargo metadata failed: ${asked.stderr}`);
  return JSON.parse(asked.stdout);
}

/**
 * Returns the crates of other projects that are linked into the native module, sorted by name. Leaves out crates that
 * only builds or tests use, and procedural macros, which run in the compiler.
 *
 * @param {string} triple
 * @param {Record<string, string>} env the environment for cargo
 */
export function linkedCrates(triple, env) {
  const { packages, resolve } = metadata(triple, env);
  const byId = new Map(packages.map((one) => [one.id, one]));
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const isMacro = ({ targets }) => targets.some(({ kind }) => kind.includes('proc-macro'));
  const found = new Map();
  const visit = (id) => {
    const crate = byId.get(id);
    if (found.has(id) || isMacro(crate)) return;
    found.set(id, crate);
    for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) {
      if (kinds.some(({ kind }) => kind === null)) visit(pkg);
    }
  };
  visit(packages.find(({ name }) => name === 'mpmetrics-node').id);
  return [...found.values()]
    .filter(({ source }) => source !== null)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Returns the texts of licences in a crate's folder. */
function textsOf(crate) {
  const folder = dirname(crate.manifest_path);
  return readdirSync(folder)
    .filter((name) => TEXTS.test(name))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

/** Returns the text of an HTML page. */
function plain(text) {
  return text
    .replace(/<(style|script)[^]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#x27;|&#39;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/\n\s*\n+/g, '\n\n');
}

/** The MIT licence, for crates that state it and have no text of it. */
const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;

/** Returns the texts for a crate that has none. Refuses if it does not state the MIT licence. */
function statedOf({ name, license, authors }) {
  if (license !== 'MIT')
    throw new Refusal(`${name} has no text of its licence, which is ${license}`);
  return [`Copyright (c) ${authors.join(', ')}\n\n${MIT}`];
}

/**
 * Returns the text: each licence once, after the names of the projects that have it. Refuses if a crate has no text of
 * its licence and does not state the MIT licence, or if the standard library has no licence.
 *
 * @param {string} triple
 * @param {import('./compilers.mjs').Compiler} compiler
 */
export function notices(triple, { env, sysroot }) {
  const namesByText = new Map();
  const add = (name, text) => {
    const trimmed = text.trim();
    namesByText.set(trimmed, [...(namesByText.get(trimmed) ?? []), name]);
  };
  for (const crate of linkedCrates(triple, env)) {
    const texts = textsOf(crate);
    for (const text of texts.length > 0 ? texts : statedOf(crate)) {
      add(`${crate.name} ${crate.version} (${crate.license})`, text);
    }
  }
  const ofStd = OF_STD.map((path) => join(sysroot, path)).find((path) => existsSync(path));
  if (ofStd === undefined)
    throw new Refusal(`${sysroot} has no licence of Rust's standard library`);
  const std = readFileSync(ofStd, 'utf8');
  add("Rust's standard library", ofStd.endsWith('.html') ? plain(std) : std);
  const unwinder = join(zigLibraries(), 'libunwind', 'LICENSE.TXT');
  if (existsSync(unwinder)) add("LLVM's libunwind and compiler-rt", readFileSync(unwinder, 'utf8'));
  const line = '-'.repeat(80);
  const parts = [...namesByText].map(([text, names]) => `${names.join('\n')}\n\n${text}`);
  return `The native module contains code of these projects.\n\n${parts.join(`\n\n${line}\n\n`)}\n`;
}
