/** The specs of `mpmetrics/testing`, run by `node --test` with each backend of this package, and with one of one's own. */
import { describe, it } from 'node:test';

import { configure } from 'mpmetrics';
import { describeBackend } from 'mpmetrics/testing';
import MapBackend from 'map-backend';

configure({ backend: 'heap' });
describeBackend(() => 'heap', { describe, it, title: 'heap' });
describeBackend(() => 'memory', { describe, it, title: 'memory' });
describeBackend(() => new MapBackend(), { describe, it, title: 'map' });
