/** Counts once and starts a metrics server at PORT, which says by a header which process answers. */
const { Counter, startHttpServer } = require('mpmetrics');

new Counter({ name: 'c_total', help: 'h' }).inc();
startHttpServer({ port: Number(process.env.PORT), host: process.env.HOST }).then(
  ({ server }) => {
    server.prependListener('request', (_request, response) => {
      response.setHeader('X-Pid', process.pid);
    });
    console.log(JSON.stringify({ pid: process.pid, serves: server.listening }));
    if (process.env.END === undefined) setInterval(() => undefined, 1000);
  },
  (error) => {
    console.log(JSON.stringify({ error: error.code }));
  },
);
