exports.tell = (who, client, ...more) => {
  new client.Counter({ name: who + '_total', help: 'h' }).inc();
  console.log(JSON.stringify([who, 'metricsHandler' in client, ...more]));
};
