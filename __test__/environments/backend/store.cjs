/** A slow store: a file for each series, which is read, changed and written with promises. */
const { readFile, rename, writeFile } = require('node:fs/promises');
const { join } = require('node:path');
const { buffered } = require('mpmetrics');

const folder = process.env.STORE;

const store = {
  name: 'files',
  open({ name }) {
    const path = join(folder, name);
    let last = Promise.resolve();
    const read = async () => Number(await readFile(path, 'utf8').catch(() => '0'));
    // One change after the other, each whole.
    const change = (next) => {
      last = last.then(async () => {
        await writeFile(`${path}.new`, String(next(await read())));
        await rename(`${path}.new`, path);
      });
      return last;
    };
    return {
      inc: (by) => change((value) => value + by),
      set: (value) => change(() => value),
      get: async () => [await read()],
      remove: () => change(() => 0),
    };
  },
};

module.exports = buffered(store, { flushMs: Number(process.env.FLUSH ?? 2 ** 30) });
