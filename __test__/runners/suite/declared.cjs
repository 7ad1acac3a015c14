/** A test file of a runner that is required, or whose functions are global. */
'use strict';
const suite = require('./plain.cjs');

const DECLARE = {
  ava: () => require('ava'),
  jasmine: () => globalThis.it,
  mocha: () => globalThis.it,
  'node:test': () => require('node:test'),
  tap: () => require('tap').test,
};

DECLARE[process.env.RUNNER]()('what is replaced reaches the client', () => suite(__filename));
