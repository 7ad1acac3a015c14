const { execFileSync, fork } = require('node:child_process');
const { once } = require('node:events');
const { createWriteStream, writeFileSync } = require('node:fs');
const test = require('node:test');
const { count } = require('./report');
test('programs', async () => {
  count('test');
  writeFileSync('cluster.out', execFileSync(process.execPath, ['cluster.js']));
  await Promise.all(
    ['a', 'b'].map(async (who) => {
      const child = fork('leaf.js', [who], { silent: true });
      child.stdout.pipe(createWriteStream(who + '.out'));
      await once(child, 'close');
    }),
  );
  const { openSegment } = require(require.resolve('mpmetrics').replace('index.js', 'meeting'));
  writeFileSync('test.out', JSON.stringify({ who: 'test', path: openSegment({ create: false }) }));
});
