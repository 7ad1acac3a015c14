/** What `require('node:cluster')` is in a program of CommonJS: Node.js' types have it as a default export only. */
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
