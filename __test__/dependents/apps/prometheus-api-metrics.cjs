'use strict';
const http = require('node:http');
const express = require('express');
const metrics = require('prometheus-api-metrics');

module.exports = () => {
  const app = express();
  app.use(metrics());
  app.get('/hello', (request, response) => response.send('hello'));
  return http.createServer(app);
};
