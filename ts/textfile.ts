/** A file of metrics that is written again and again, by one of an application's processes. */

import { createHash } from 'crypto';
import { promises } from 'fs';
import { createServer, type Server } from 'net';
import { basename, dirname, resolve } from 'path';

import { ApplicationElection, intervalOf, Pusher, statisticsOf, type Election } from './engines';
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
  const { path, intervalSeconds, register = defaultRegister, ...rest } = options;
  checkedTextfile(path, rest);
  const milliseconds = intervalOf(intervalSeconds);
  if (
    typeof (register as unknown as Partial<typeof register> | null)?.writeToTextfile !== 'function'
  ) {
    throw unfit('register', 'a registry', register);
  }
  warnOfMisspelt(options, OPTIONS, 'textfile()');
  // Resolved once: `process.chdir()` changes nothing later.
  const file = resolve(path);
  const task = {
    election: new FileElection(file),
    push: () => register.writeToTextfile(file, rest),
    warn: (error: unknown) => {
      const message = `the metrics are not written to ${file}: ${messageOf(error)}`;
      warnOnce('MPMETRICS_TEXTFILE', message, `${file} ${codeOf(error)}`);
    },
    statistics: statisticsOf(register, `textfile:${file}`),
  };
  const pusher = new Pusher(task, milliseconds);
  return () => pusher.close();
}

/**
 * Which isolate writes a file: the one that its application elected, and that listens under a name derived from the
 * file's. Both are free again when the process dies, however it dies.
 *
 * The application's election alone would not do: several applications may write one file, such as an old version of a
 * program that still runs beside the new one. The name alone would not do either: macOS has no such names, and each
 * network namespace has names of its own, also if containers share a segment and a file. An isolate listens only if its
 * application elected it. So if another application writes the file, one isolate of this one waits for the name.
 */
class FileElection implements Election {
  /** What the file is known by; null before it is known. */
  private identity: string | null = null;
  private application: ApplicationElection | null = null;
  private server: Server | null = null;

  constructor(private readonly path: string) {}

  async won(): Promise<boolean> {
    const identity = await identityOf(this.path);
    if (identity !== this.identity) {
      // The first turn; or the folder was replaced by another of its name.
      await this.leave();
      this.application = new ApplicationElection(`textfile ${identity}`);
      this.identity = identity;
    }
    if (!this.application!.won()) {
      await this.silence();
      return false;
    }
    return this.server !== null || !hasNames() || this.listen(nameOf(identity));
  }

  async leave(): Promise<void> {
    await this.silence();
    this.application?.leave();
    this.application = null;
    this.identity = null;
  }

  /** Listens under a name. Returns false if another process does. */
  private async listen(path: string): Promise<boolean> {
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

  private async silence(): Promise<void> {
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
 * Returns what a file is known by. It is derived from the folder itself, because one folder has several paths, and one
 * path is another folder in another container of the same network.
 */
async function identityOf(path: string): Promise<string> {
  const { dev, ino } = await promises.stat(dirname(path), { bigint: true });
  return `${dev} ${ino} ${basename(path)}`;
}

/** Returns the name under which a file's writer listens. */
function nameOf(identity: string): string {
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, 32);
  return process.platform === 'win32' ? `\\\\.\\pipe\\mpmetrics-${hash}` : `\0mpmetrics-${hash}`;
}
