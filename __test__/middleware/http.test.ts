/** `mpmetrics/http` on `node:http`. */
import { countsRequests } from './suite';

// One set of packages is enough: `node:http` is a part of Node.js, so no set contains it.
countsRequests({ app: 'http', subpath: 'index', routes: false, majors: ['http-newer'] });
