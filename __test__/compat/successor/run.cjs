/** Prints what a program yields with the client that CLIENT names: `run.cjs programs filters`. */
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
