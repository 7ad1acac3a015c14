/** `mpmetrics/fastify`. */
import { countsRequests } from './suite';

countsRequests({ app: 'fastify', subpath: 'fastify' });
