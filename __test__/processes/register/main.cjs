const { tell } = require('./tell');
const client = require('prom-client');
const same = [
  require('mpmetrics'),
  require('@prometheus-io/client'),
  require('@platformatic/prom-client'),
].every((one) => one === client);
const deep =
  require('prom-client/lib/registry') === client.Registry &&
  require('prom-client/lib/util.js').hashObject({ a: 1 }) === 'a:1,';
tell('commonjs', client, same, deep, require('prom-client/package.json').name);
(async () => {
  await import('./main.mjs');
  await require('dependency')();
  await require('./children')();
  console.log(
    JSON.stringify(
      [...(await client.register.metrics()).matchAll(/^(\w+)_total 1$/gm)].map((m) => m[1]).sort(),
    ),
  );
  process.exit();
})();
