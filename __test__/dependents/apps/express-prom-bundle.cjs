'use strict';
const http = require('node:http');
const express = require('express');
const bundle = require('express-prom-bundle');

module.exports = () => {
  const app = express();
  app.use(bundle({ includeMethod: true, includePath: true }));
  app.get('/hello', (request, response) => response.send('hello'));
  return http.createServer(app);
};
