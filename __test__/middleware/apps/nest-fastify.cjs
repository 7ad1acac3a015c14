/** The application of `express.cjs` in Nest on Fastify. */
'use strict';
const nest = require('./nest.js');

module.exports = (load, counted) =>
  nest(load, counted, () => new (load('@nestjs/platform-fastify').FastifyAdapter)());
