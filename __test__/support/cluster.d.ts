/** The type of `require('node:cluster')` in a CommonJS program: Node.js' types have only a default export. */
import type { Cluster } from 'node:cluster';

declare module 'cluster' {
  export const isPrimary: Cluster['isPrimary'];
  export const worker: Cluster['worker'];
  export const workers: Cluster['workers'];
  export const fork: Cluster['fork'];
  export const setupPrimary: Cluster['setupPrimary'];
  export const on: Cluster['on'];
  export const listenerCount: Cluster['listenerCount'];
}
