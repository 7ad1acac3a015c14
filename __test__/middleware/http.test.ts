/** `mpmetrics/http` on `node:http`. */
import { countsRequests } from './suite';

countsRequests({ app: 'http', subpath: 'index', routes: false });
