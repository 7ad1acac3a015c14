/** `prom-client/lib/bucketGenerators`. */

export { exponentialBuckets, linearBuckets } from '../metrics';
