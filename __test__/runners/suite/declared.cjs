/** A test file for runners whose functions are required or global. */
'use strict';
const suite = require('./plain.cjs');

const DECLARE = {
  ava: () => require('ava'),
  jasmine: () => globalThis.it,
  mocha: () => globalThis.it,
  'node:test': () => require('node:test'),
  tap: () => require('tap').test,
};

DECLARE[process.env.RUNNER]()('the client uses replaced functions', () => suite(__filename));
