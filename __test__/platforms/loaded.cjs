/**
 * Counts with the installed package, as on another platform, and prints one line of JSON: the native modules that the
 * package tried to load, and the metrics. `node loaded.cjs <processor> <libc>`; scripts/installs.mjs copies it into an
 * application. Without arguments the platform is this one: the native module must work, and metrics be in shared memory.
 */
const fs = require('node:fs');

const [processor, libc] = process.argv.slice(2);
const { readFileSync } = fs;
const { dlopen } = process;
const loaded = [];

if (processor !== undefined) {
  Object.defineProperty(process, 'arch', { value: processor });
  // Makes this script the executable. A script does not name a dynamic linker as a program does, so the package reads
  // /proc/self/maps to find out which C library is mapped.
  process.execPath = __filename;
  const mapped = libc === 'musl' ? '/lib/ld-musl-a.so.1' : '/lib/libc.so.6';
  fs.readFileSync = /** @type {typeof readFileSync} */ (
    (path, options) => (path === '/proc/self/maps' ? `1 ${mapped}\n` : readFileSync(path, options))
  );
}
process.dlopen = (module, file, ...flags) => {
  loaded.push(file);
  if (processor !== undefined) throw new Error(`${file} is of another platform`);
  dlopen(module, file, ...flags);
};

const { configure, Counter, register } = require('mpmetrics');

if (processor === undefined) configure({ required: true });
new Counter({ name: 'c_total', help: 'c' }).inc();
register.metrics().then((text) => {
  console.log(JSON.stringify({ loaded, text }));
});
