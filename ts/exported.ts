/** The object that `require('mpmetrics')` returns. */

import * as all from './index';
import type { RegistryContentType } from './exposition';

/** Plain properties, because users' tests replace prom-client's exports. */
const exported = { ...all };

// An accessor, as in prom-client.
Object.defineProperty(exported, 'contentType', {
  configurable: false,
  enumerable: true,
  get: () => exported.register.contentType,
  set: (type: RegistryContentType) => {
    exported.register.setContentType(type);
  },
});

// TypeScript and Babel compile `import client from 'prom-client'` to CommonJS that reads `default` of a module with
// `__esModule`. The properties are not enumerable, because prom-client's exports have no such keys.
Object.defineProperty(exported, '__esModule', { value: true });
Object.defineProperty(exported, 'default', { value: exported });

export = exported;
