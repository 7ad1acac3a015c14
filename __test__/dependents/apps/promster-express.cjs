'use strict';
const http = require('node:http');
const { createMiddleware, getContentType, getSummary, signalIsUp } = require('@promster/express');
const express = require('express');

module.exports = () => {
  const app = express();
  const metricTypes = ['httpRequestsTotal', 'httpRequestsHistogram', 'httpRequestsSummary'];
  app.use(createMiddleware({ app, options: { metricTypes } }));
  app.get('/hello', (request, response) => response.send('hello'));
  app.get('/metrics', async (request, response) => {
    response.setHeader('Content-Type', getContentType());
    response.end(await getSummary());
  });
  signalIsUp();
  return http.createServer(app);
};
