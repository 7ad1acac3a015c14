const { configure, register } = require('mpmetrics');
configure({ collectTimeout: 20_000 });
(async () => {
  for (let i = 0; i < 3; i++) console.log(JSON.stringify(await register.metrics()));
  console.log(JSON.stringify(await register.metricsBuffer().then(String)));
  const json = await register.getMetricsAsJSON({ scope: 'application' });
  console.log(JSON.stringify(json.find(({ name }) => name === 'living').values));
})();
