/** A port of this machine on which no process listens. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** Returns a free port that the kernel chooses, for servers that need the number of a port. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
