'use strict';
const { createServer } = require('node:http');
const { threadId } = require('node:worker_threads');

/** Each answer names the thread that gave it. */
exports.create = () =>
  createServer((request, response) => {
    response.end(JSON.stringify({ thread: threadId }));
  });
