/**
 * `run.cjs FILE TITLE` runs the program TITLE of `FILE.cjs`, such as `filters` of `programs.cjs`, with the client that
 * CLIENT names, and prints its result.
 * This package keeps its metrics in the segment that SEGMENT names, or else in memory storage.
 */
const client = require(process.env.CLIENT);

if (client.configure) {
  const { SEGMENT: segment } = process.env;
  client.configure(segment ? { segment } : { storage: 'memory' });
}
const [file, title] = process.argv.slice(2);
(async () => {
  const found = await require(`./${file}.cjs`)[title](client);
  console.log(JSON.stringify(found));
  process.exit();
})();
