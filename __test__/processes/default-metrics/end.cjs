const { collectDefaultMetrics, register } = require('mpmetrics');
const before = process.getActiveResourcesInfo();
collectDefaultMetrics();
const during = process.getActiveResourcesInfo();
register.metrics().then((text) => {
  process.on('exit', (code) =>
    console.log(JSON.stringify({ before, during, code, lines: text.split('\n').length })),
  );
});
