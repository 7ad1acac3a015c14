/** A file of metrics that is written again and again, by one of an application's processes. */

import { createHash } from 'crypto';
import { promises } from 'fs';
import { createServer, type Server } from 'net';
import { basename, dirname, resolve } from 'path';

import { codeOf, messageOf, unfit, warnOnce } from './errors';
import { warnOfMisspelt } from './metrics';
import { checkedTextfile, register as defaultRegister, type TextfileOptions } from './registry';

/** Options of {@link textfile}. */
export interface TextfileWriterOptions extends TextfileOptions {
  /** The file, whose name ends with `.prom`. */
  path: string;
  /** Seconds between two writes; 15 if left out. */
  intervalSeconds?: number;
  /** The registry that is written; the default registry if left out. */
  register?: { writeToTextfile(path: string, options?: TextfileOptions): Promise<void> };
}

/** The names of {@link TextfileWriterOptions}. */
const OPTIONS: readonly (keyof TextfileWriterOptions)[] = [
  ...(['path', 'intervalSeconds', 'register', 'mode', 'scope'] as const),
];

/**
 * Writes metrics into a file for node_exporter's textfile collector, at once and then every few seconds. If several
 * processes and threads call this for one file, only one of them writes it; when that one ends, another one goes on.
 * This keeps no process alive.
 *
 * A write that fails leaves the file as it was, and gives a warning with the code `MPMETRICS_TEXTFILE`.
 *
 * @returns a function that ends the writing. In the process or thread that writes the file, the function first writes
 *   the file one last time
 * @throws TypeError for an invalid option
 */
export function textfile(options: TextfileWriterOptions): () => Promise<void> {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw unfit("textfile()'s options", 'an object', options);
  }
  const { path, intervalSeconds = 15, register = defaultRegister, ...rest } = options;
  checkedTextfile(path, rest);
  if (!(typeof intervalSeconds === 'number' && intervalSeconds > 0 && intervalSeconds <= 86_400)) {
    throw unfit('intervalSeconds', 'a number above 0, at most 86400', intervalSeconds);
  }
  if (
    typeof (register as unknown as Partial<typeof register> | null)?.writeToTextfile !== 'function'
  ) {
    throw unfit('register', 'a registry', register);
  }
  warnOfMisspelt(options, OPTIONS, 'textfile()');
  // Resolved once: `process.chdir()` changes nothing later.
  const file = resolve(path);
  const write = (): Promise<void> => register.writeToTextfile(file, rest);
  return new Writer(new Election(file), write, file).start(intervalSeconds * 1000);
}

class Writer {
  private timer: NodeJS.Timeout | undefined;
  /** The turn that is under way, or the last one. */
  private writing: Promise<void> = Promise.resolve();
  private busy = false;

  constructor(
    private readonly election: Election,
    private readonly write: () => Promise<void>,
    private readonly path: string,
  ) {}

  start(milliseconds: number): () => Promise<void> {
    // Leaves out turns while a slow write is under way: they would queue up.
    const turn = (): void => {
      if (!this.busy) this.writing = this.once();
    };
    turn();
    this.timer = setInterval(turn, milliseconds);
    this.timer.unref();
    return () => this.end();
  }

  private async once(): Promise<void> {
    this.busy = true;
    try {
      if (await this.election.won()) await this.write();
    } catch (error) {
      const message = `the metrics are not written to ${this.path}: ${messageOf(error)}`;
      warnOnce('MPMETRICS_TEXTFILE', message, `${this.path} ${codeOf(error)}`);
    } finally {
      this.busy = false;
    }
  }

  private async end(): Promise<void> {
    clearInterval(this.timer);
    await this.writing;
    await this.once();
    await this.election.leave();
  }
}

/**
 * Which process writes a file: the one that listens under a name that is derived from the file's. The system gives the
 * name back when the process dies, however it dies.
 */
class Election {
  private server: Server | null = null;

  constructor(private readonly path: string) {}

  /** Whether this isolate writes the file. Where the system has no such names, every isolate writes it. */
  async won(): Promise<boolean> {
    if (this.server !== null || !hasNames()) return true;
    const path = await nameOf(this.path);
    const server = createServer((socket) => socket.destroy());
    server.unref();
    try {
      await new Promise<void>((done, fail) => {
        // The listener stays: a server that cannot accept a connection later, for want of descriptors, also emits
        // `error`. `exclusive` makes this process itself listen; else a cluster's primary would listen for all workers.
        server.on('error', fail).listen({ path, exclusive: true }, done);
      });
    } catch (error) {
      if (codeOf(error) === 'EADDRINUSE') return false;
      throw error;
    }
    this.server = server;
    return true;
  }

  async leave(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (server !== null) await new Promise((done) => server.close(done));
  }
}

/** Linux has abstract socket names, Windows has pipe names. */
function hasNames(): boolean {
  return process.platform === 'linux' || process.platform === 'win32';
}

/**
 * Returns the name under which a file's writer listens. It is derived from the folder itself, because one folder has
 * several paths, and one path is another folder in another container of the same network.
 */
async function nameOf(path: string): Promise<string> {
  const { dev, ino } = await promises.stat(dirname(path), { bigint: true });
  const identity = `${dev} ${ino} ${basename(path)}`;
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, 32);
  return process.platform === 'win32' ? `\\\\.\\pipe\\mpmetrics-${hash}` : `\0mpmetrics-${hash}`;
}
