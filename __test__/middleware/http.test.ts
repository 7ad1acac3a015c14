/** `mpmetrics/http` on `node:http`. */
import { countsRequests } from './suite';

// `node:http` is the same beside each set of packages.
countsRequests({ app: 'http', subpath: 'index', routes: false, majors: ['http-newer'] });
