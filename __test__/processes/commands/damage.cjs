/** Reads a segment as a stranger once for each byte of its header, with this byte changed. Prints how these reads ended. */
const { writeFileSync, readFileSync } = require('node:fs');
const { loadBinding } = require(
  require('node:path').join(require.resolve('mpmetrics'), '..', 'binding'),
);
const path = process.argv[2];
const HEADER = 4_096;

(async () => {
  const whole = readFileSync(path);
  const copy = `${path}.damaged`;
  const refused = {};
  let read = 0;
  for (let at = 0; at < HEADER; at++) {
    const bytes = Buffer.from(whole);
    bytes[at] ^= 0xff;
    writeFileSync(copy, bytes);
    try {
      await loadBinding().readSegment(copy, 'processes');
      read++;
    } catch ({ code }) {
      refused[code] = (refused[code] ?? 0) + 1;
    }
  }
  console.log(JSON.stringify({ read, refused }));
})();
