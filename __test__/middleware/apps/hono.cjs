/** The application of `express.cjs` in Hono 3 or 4, with @hono/node-server. */
'use strict';

module.exports = async (load, counted) => {
  const { Hono } = load('hono');
  const orgs = new Hono();
  orgs.get('/teams/:team', (context) => context.text(context.req.param('team')));
  orgs.get('/fails', () => {
    throw new Error('it fails');
  });
  const app = new Hono();
  if (counted !== undefined) app.use('*', counted);
  app.get('/hello', (context) => context.text('hello'));
  app.get('/users/:id', (context) => context.text(context.req.param('id')));
  app.post('/users/:id', (context) => context.text('', 201));
  for (const path of ['/one', '/two']) app.get(path, (context) => context.text(''));
  app.get('/slow', () => new Promise(() => undefined));
  app.route('/orgs/:org', orgs);
  app.onError((_error, context) => context.text('failed', 500));
  return load('@hono/node-server').createAdaptorServer({ fetch: app.fetch });
};
