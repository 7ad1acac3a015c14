/** The application of `express.cjs` in Fastify 4 or 5. */
'use strict';

module.exports = async (load, counted) => {
  const app = load('fastify')();
  if (counted !== undefined) app.register(counted);
  app.register(async (own) => {
    own.get('/hello', async () => 'hello');
    own.get('/users/:id', async (request) => request.params.id);
    own.post('/users/:id', async (_request, reply) => {
      reply.code(201);
      return '';
    });
    for (const path of ['/one', '/two']) own.get(path, async () => '');
    own.get('/slow', () => undefined);
    own.register(
      async (orgs) => {
        orgs.get('/teams/:team', async (request) => request.params.team);
        orgs.get('/fails', async () => {
          throw new Error('it fails');
        });
      },
      { prefix: '/orgs/:org' },
    );
  });
  await app.ready();
  return app.server;
};
