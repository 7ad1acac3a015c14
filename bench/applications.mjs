/**
 * The applications to which `server.mjs` sends its load: ten routes in Express or Fastify. Requests are counted by
 * nothing, by the framework's package for prom-client (see `FRAMEWORKS`), or by mpmetrics.
 */

/** The frameworks, with the package that counts their requests with prom-client. */
export const FRAMEWORKS = { Express: 'express-prom-bundle', Fastify: 'fastify-metrics' };

const ROUTES = 10;

/** Paths of requests, one for each route. */
export const PATHS = Array.from({ length: ROUTES }, (_, n) => `/route${n}/${n}7`);

/** Options of express-prom-bundle: the labels that mpmetrics has. The primary serves the metrics. */
export const BUNDLE = { includeMethod: true, includePath: true, autoregister: false };

/** Returns options of fastify-metrics: one histogram, as mpmetrics has. The primary serves the metrics. */
export function fastifyMetrics(promClient) {
  return {
    promClient,
    endpoint: null,
    defaultMetrics: { enabled: false },
    routeMetrics: { enabled: { histogram: true, summary: false } },
  };
}

async function inExpress(client) {
  const { default: express } = await import('express');
  const app = express();
  if (client === 'mpmetrics') {
    const { httpMetrics } = await import('mpmetrics/express');
    app.use(httpMetrics());
  }
  if (client === 'prom-client') {
    const { default: bundle } = await import('express-prom-bundle');
    app.use(bundle(BUNDLE));
  }
  for (let n = 0; n < ROUTES; n++) {
    app.get(`/route${n}/:id`, (request, response) => response.json({ id: request.params.id }));
  }
  const { createServer } = await import('node:http');
  return createServer(app);
}

async function inFastify(client) {
  // It must be loaded before the application is made.
  const counted = client === 'mpmetrics' ? await import('mpmetrics/fastify') : undefined;
  const { default: fastify } = await import('fastify');
  const app = fastify();
  if (counted !== undefined) app.register(counted.httpMetrics());
  if (client === 'prom-client') {
    const { default: plugin } = await import('fastify-metrics');
    const { default: promClient } = await import('prom-client');
    app.register(plugin, fastifyMetrics(promClient));
  }
  app.register(async (own) => {
    for (let n = 0; n < ROUTES; n++) {
      own.get(`/route${n}/:id`, async (request) => ({ id: request.params.id }));
    }
  });
  await app.ready();
  return app.server;
}

/**
 * @param {keyof FRAMEWORKS} framework
 * @param {'mpmetrics' | 'prom-client' | undefined} client the client that counts the requests; undefined for none
 * @returns {Promise<import('node:http').Server>} a server that does not listen yet
 */
export function application(framework, client) {
  return framework === 'Express' ? inExpress(client) : inFastify(client);
}
