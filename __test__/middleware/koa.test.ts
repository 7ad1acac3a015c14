/** `mpmetrics/koa`. */
import { countsRequests } from './suite';

countsRequests({ app: 'koa', subpath: 'koa', wrongMethod: 405 });
