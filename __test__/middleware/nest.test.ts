/** `mpmetrics/nest` with Nest 10 and 11, on both of its platforms. */
import { describe } from 'vitest';

import { countsRequests } from './suite';

describe('on Express', () => {
  countsRequests({ app: 'nest-express', subpath: 'nest' });
});

describe('on Fastify', () => {
  countsRequests({ app: 'nest-fastify', subpath: 'nest' });
});
