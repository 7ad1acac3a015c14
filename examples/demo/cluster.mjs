/** Starts the demo's server, which is a process tree, kills one of its workers, and stops it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

/** Milliseconds that the server may take to start its processes, or to replace one. */
const START_MS = 30_000;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export class Cluster {
  #primary;

  /** @param {import('node:child_process').ChildProcess} primary @param {number} port */
  constructor(primary, port) {
    this.#primary = primary;
    this.port = port;
    /** The port for /metrics of each process, by pid; the primary comes first. */
    this.processes = new Map();
    /** The worker that was killed, and the connections that it had open then. */
    this.victim = undefined;
  }

  /** Starts the server and waits until all of its processes serve. */
  static async start() {
    const port = await freePort();
    const primary = fork(fileURLToPath(new URL('server.cjs', import.meta.url)), {
      env: { ...process.env, DEMO_PORT: String(port) },
      // The primary leads a process group of its own, so that stopping it leaves no process running.
      detached: true,
    });
    const cluster = new Cluster(primary, port);
    primary.on('message', (message) => {
      if (message.processes) cluster.processes = new Map(message.processes);
      if (message.killed)
        cluster.victim = { pid: message.killed, connections: message.connections };
    });
    await cluster.#until(() => cluster.processes.size > 0, 'start');
    return cluster;
  }

  /** Has the primary kill a worker with SIGKILL, and start another worker in its place. */
  killWorker() {
    this.#primary.send('kill a worker');
  }

  /** Waits until the killed worker is replaced. */
  async replaced() {
    const gone = () => this.victim !== undefined && !this.processes.has(this.victim.pid);
    await this.#until(gone, 'replace the killed worker');
  }

  stop() {
    try {
      process.kill(-this.#primary.pid, 'SIGTERM');
    } catch {
      // The process group has already ended.
    }
  }

  async #until(condition, what) {
    const signal = AbortSignal.timeout(START_MS);
    try {
      while (!condition()) await once(this.#primary, 'message', { signal });
    } catch (error) {
      throw new Error(`the server did not ${what} within ${START_MS} ms`, { cause: error });
    }
  }
}
