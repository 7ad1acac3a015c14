/** The application of `express.cjs` in Koa 2 or 3, with @koa/router. */
'use strict';
const { createServer } = require('node:http');

module.exports = async (load, counted) => {
  const [Koa, Router] = [load('koa'), load('@koa/router')];
  const orgs = new Router();
  orgs.get('/teams/:team', (context) => {
    context.body = context.params.team;
  });
  orgs.get('/fails', () => {
    throw new Error('it fails');
  });
  const router = new Router();
  router.get('/hello', (context) => {
    context.body = 'hello';
  });
  router.get('/users/:id', (context) => {
    context.body = context.params.id;
  });
  router.post('/users/:id', (context) => {
    context.status = 201;
  });
  router.get(['/one', '/two'], (context) => {
    context.body = '';
  });
  router.get('/slow', () => new Promise(() => undefined));
  router.use('/orgs/:org', orgs.routes());
  const app = new Koa();
  app.silent = true;
  if (counted !== undefined) app.use(counted);
  app.use(router.routes()).use(router.allowedMethods());
  return createServer(app.callback());
};
