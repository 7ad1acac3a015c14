/**
 * Makes this process believe that its Node.js is another file: `node --require ./other-node.cjs`, with that file in
 * `OTHER_NODE`, its processor in `OTHER_ARCH`, and the list of what it has mapped in `OTHER_MAPS`.
 */
const fs = require('node:fs');

const { readFileSync } = fs;
process.execPath = process.env.OTHER_NODE;
Object.defineProperty(process, 'arch', { value: process.env.OTHER_ARCH });
fs.readFileSync = /** @type {typeof readFileSync} */ (
  (path, options) =>
    path === '/proc/self/maps' ? process.env.OTHER_MAPS : readFileSync(path, options)
);
