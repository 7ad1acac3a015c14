/** `mpmetrics/nest` with Nest 10, 11 and 12, on both of its platforms. */
import { describe } from 'vitest';

import { NEST_MAJORS as majors } from './packages';
import { countsRequests } from './suite';

describe('on Express', () => {
  countsRequests({ app: 'nest-express', subpath: 'nest', majors });
});

describe('on Fastify', () => {
  countsRequests({ app: 'nest-fastify', subpath: 'nest', majors });
});
