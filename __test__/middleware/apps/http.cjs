/** The application of `express.cjs` on `node:http`, which has no routes. */
'use strict';
const { createServer } = require('node:http');

const ANSWERS = [
  [/^GET \/hello$/, 200, 'hello'],
  [/^GET \/users\/[^/]+$/, 200, 'user'],
  [/^POST \/users\/[^/]+$/, 201, ''],
  [/^GET \/(?:one|two)$/, 200, ''],
  [/^GET \/orgs\/[^/]+\/teams\/[^/]+$/, 200, 'team'],
  [/^GET \/orgs\/[^/]+\/fails$/, 500, 'failed'],
];

module.exports = async (_load, counted) => {
  const listener = (request, response) => {
    if (request.url === '/slow') return;
    const line = `${request.method.replace('HEAD', 'GET')} ${request.url}`;
    const [, status, text] = ANSWERS.find(([pattern]) => pattern.test(line)) ?? [0, 404, 'none'];
    response.statusCode = status;
    response.end(text);
  };
  if (counted === undefined) return createServer(listener);
  return createServer((request, response) => {
    counted(request, response, () => {
      listener(request, response);
    });
  });
};
