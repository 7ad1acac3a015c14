/** The application of `express.cjs` in Nest on Express. */
'use strict';
const nest = require('./nest.js');

module.exports = (load, counted) =>
  nest(load, counted, () => new (load('@nestjs/platform-express').ExpressAdapter)());
