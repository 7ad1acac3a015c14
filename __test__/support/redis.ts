/** A Redis server of a test's own: Debian's redis-server, which keeps nothing on disk. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';

import { until } from './patience.mjs';

export class Redis {
  /** The URL of the server, after {@link start}. */
  url = '';
  private server: ChildProcess | null = null;

  /** Starts the server on a free port. Rejects if there is no redis-server (`node scripts/apt.mjs redis-server`). */
  async start(): Promise<void> {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    const options = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
    ];
    this.server = spawn('redis-server', options, { stdio: 'ignore' });
    await once(this.server, 'spawn');
    await until(() => answers(port), 'redis-server does not answer');
    this.url = `redis://127.0.0.1:${port}`;
  }

  stop(): void {
    this.server?.kill('SIGKILL');
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
