/** Clients for Redis, by the names of their libraries, as a program has them. */
const { createClient, createCluster } = require('redis');
const { Redis, Cluster } = require('ioredis');
const { Redis: Valkey } = require('iovalkey');
const { GlideClient } = require('@valkey/valkey-glide');

/** Errors of the connection. The commands reject, too. */
const ignore = () => undefined;

/** @type {Record<string, (url: string) => object | Promise<object>>} */
module.exports = {
  redis: (url) => {
    const client = createClient({ url }).on('error', ignore);
    client.connect().catch(ignore);
    return client;
  },
  'cluster of redis': (url) => {
    const client = createCluster({ rootNodes: [{ url }] }).on('error', ignore);
    client.connect().catch(ignore);
    return client;
  },
  ioredis: (url) => new Redis(url).on('error', ignore),
  // Without a limit, it tries again for longer than a command may take.
  'cluster of ioredis': (url) => new Cluster([url], { maxRedirections: 2 }).on('error', ignore),
  iovalkey: (url) => new Valkey(url).on('error', ignore),
  '@valkey/valkey-glide': (url) => {
    const { hostname, port } = new URL(url);
    return GlideClient.createClient({
      addresses: [{ host: hostname, port: Number(port) }],
      lazyConnect: true,
      connectionBackoff: { numberOfRetries: 1, factor: 20, exponentBase: 2 },
    });
  },
};
