/** A Redis server of a test's own: Debian's redis-server, which keeps nothing on disk. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { freePort } from './free-port';
import { until } from './patience.mjs';

export class Redis {
  /** The URL of the server, after {@link start}. */
  url = '';
  port = 0;
  private readonly more: readonly string[];
  private readonly folder = mkdtempSync(join(tmpdir(), 'mpmetrics-redis-'));
  private server: ChildProcess | null = null;

  /** @param more options of redis-server, such as `--maxmemory 1mb` in two texts */
  constructor(more: readonly string[] = []) {
    this.more = more;
  }

  /** Starts the server on a free port. Rejects if there is no redis-server (`node scripts/apt.mjs redis-server`). */
  async start(): Promise<void> {
    this.port = await freePort();
    this.url = `redis://127.0.0.1:${String(this.port)}`;
    await this.again();
  }

  /** Starts the server once more, on the same port and without data. */
  async again(): Promise<void> {
    const options = ['--port', String(this.port), '--bind', '127.0.0.1'];
    // A replica and its main server write a file while they synchronise.
    const nothing = ['--save', '', '--appendonly', 'no', '--dir', this.folder];
    const args = [...options, ...nothing, ...this.more];
    const server = spawn('redis-server', args, { stdio: 'ignore' });
    this.server = server;
    await once(server, 'spawn');
    await until(async () => {
      if (server.exitCode !== null) throw new Error(`redis-server does not get port ${this.url}`);
      return answers(this.port);
    }, 'redis-server does not answer');
    // Another server may have got the port, and answered.
    await pause(50);
    if (server.exitCode !== null) throw new Error(`redis-server does not get port ${this.url}`);
  }

  /** Kills the server, and waits for its end. */
  async crash(): Promise<void> {
    const { server } = this;
    if (server === null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }

  stop(): void {
    this.server?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
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
