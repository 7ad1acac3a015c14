/**
 * The application of the specs, in Express 4 or 5.
 *
 * @param load requires a package, in the version under test
 * @param counted the middleware that `httpMetrics()` returned; undefined for an application without it
 */
'use strict';
const { createServer } = require('node:http');

module.exports = async (load, counted) => {
  const express = load('express');
  const orgs = express.Router({ mergeParams: true });
  orgs.get('/teams/:team', (request, response) => {
    response.send(request.params.team);
  });
  orgs.get('/fails', () => {
    throw new Error('it fails');
  });
  const app = express();
  if (counted !== undefined) app.use(counted);
  app.get('/hello', (_request, response) => {
    response.send('hello');
  });
  app.get('/users/:id', (request, response) => {
    response.send(request.params.id);
  });
  app.post('/users/:id', (_request, response) => {
    response.status(201).end();
  });
  app.get(['/one', '/two'], (_request, response) => {
    response.end();
  });
  app.get('/slow', () => undefined);
  app.use('/orgs/:org', orgs);
  // Express recognises an error handler by its four parameters.
  app.use((_error, _request, response, next) => {
    if (response.headersSent) next();
    else response.status(500).send('failed');
  });
  return createServer(app);
};
