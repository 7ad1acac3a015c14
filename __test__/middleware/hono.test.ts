/** `mpmetrics/hono`. */
import { countsRequests } from './suite';

countsRequests({ app: 'hono', subpath: 'hono', throwsForMethods: 'http-older' });
