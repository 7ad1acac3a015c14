/** A test file for the runners whose function `test` or `it` a file gets from `require()` or as a global. */
'use strict';
const suite = require('./plain.cjs');

const DECLARE = {
  ava: () => require('ava'),
  jasmine: () => globalThis.it,
  mocha: () => globalThis.it,
  'node:test': () => require('node:test'),
  tap: () => require('tap').test,
};

DECLARE[process.env.RUNNER]()('the client calls the functions that the test replaced', () =>
  suite(__filename),
);
