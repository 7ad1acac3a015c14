/** An HTTP server that serves only metrics. An application of many processes runs one such server. */

import { createHash, randomBytes } from 'crypto';
import { createServer, get, type Server } from 'http';
import type { AddressInfo } from 'net';

import { codeOf, unfit } from '../errors';
import { warnOfMisspelt } from '../metrics';
import { register as defaultRegister } from '../registry';
import { heap } from '../storage';
import {
  checkOptions,
  checkRegister,
  OPTIONS as SERVING,
  type Scrapable,
  type ServingOptions,
} from './answer';
import { metricsHandler, type HandlerRequest } from './handler';

/** Options of {@link startHttpServer}. */
export interface ServerOptions extends ServingOptions<HandlerRequest> {
  /** The port; 9464 if left out. 0 is any free port. */
  port?: number;
  /** The address to listen at; all addresses if left out. */
  host?: string;
  /** The registry that is served; the default registry if left out. */
  register?: Scrapable;
}

/**
 * The members of an `http.Server` that {@link MetricsServer} declares, so that its declarations need no types of
 * Node.js.
 */
export interface ListeningServer {
  readonly listening: boolean;
  address(): string | { address: string; family: string; port: number } | null;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the arguments depend on the event
  on(event: string, listener: (...args: any[]) => void): unknown;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the same
  prependListener(event: string, listener: (...args: any[]) => void): unknown;
}

/** A server that was started, or that stands by. */
export interface MetricsServer {
  /** An `http.Server`. */
  readonly server: ListeningServer;
  /** The port that this process, or another one of the application, listens at. */
  readonly port: number;
  /** Ends serving, or standing by. */
  close(): Promise<void>;
}

/** The names of {@link ServerOptions}. */
const OPTIONS: readonly (keyof ServerOptions)[] = [...SERVING, 'port', 'host', 'register'];

/** The header that tells processes of one application from others that listen at its port. */
const APPLICATION = 'mpmetrics-application';

/** Pause between tries to bind while another process of the application serves, in milliseconds. */
const STANDBY_MS = 250;
/** How long another process may take to say who it is, in milliseconds. */
const ANSWER_MS = 5_000;

/**
 * Serves metrics by a server of its own, which keeps no process alive. Of an application's processes and threads that
 * call this with the same port, one serves the metrics of all; when it ends, another one takes over within a second.
 *
 * @param options the server's address, and those of `metricsHandler`; `path` is `/metrics` if left out
 * @returns a promise of the server once it listens, or once another process of the application does. It rejects with the
 *   error of the system, such as EADDRINUSE if another application has the port; with TypeError for an invalid option
 */
export async function startHttpServer(options: ServerOptions = {}): Promise<MetricsServer> {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw unfit("startHttpServer()'s options", 'an object', options);
  }
  const { port = 9464, host, register = defaultRegister, ...serving } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw unfit('port', 'a whole number from 0 to 65535', port);
  }
  if (host !== undefined && typeof host !== 'string') throw unfit('host', 'a text', host);
  checkRegister(register);
  checkOptions(serving);
  warnOfMisspelt(options, OPTIONS, 'startHttpServer()');
  const handler = metricsHandler(register, { path: '/metrics', ...serving });
  const place = { port, host };
  const name = applicationName();
  const server = createServer((request, response) => {
    response.setHeader(APPLICATION, name);
    void handler(request, response);
  });
  server.unref();
  // A connection that cannot be accepted, for want of descriptors, is an `error` of the server. It must not end the
  // process.
  server.on('error', () => undefined);
  const standby = new Standby(() => bind(server, place));
  try {
    await bind(server, place);
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE' || !(await isServedBy(name, place))) throw error;
    standby.wait();
  }
  return {
    server,
    port: server.listening ? (server.address() as AddressInfo).port : port,
    close: async () => {
      await standby.end();
      if (server.listening) await new Promise((done) => server.close(done));
    },
  };
}

/** Tries to bind again and again, until it succeeds or is ended. */
class Standby {
  private timer: NodeJS.Timeout | undefined;
  private trying: Promise<unknown> = Promise.resolve();
  private ended = false;

  constructor(private readonly bind: () => Promise<void>) {}

  wait(): void {
    if (this.ended) return;
    this.timer = setTimeout(() => {
      this.trying = this.bind().catch(() => {
        this.wait();
      });
    }, STANDBY_MS);
    this.timer.unref();
  }

  /** Resolves once no try is under way. */
  async end(): Promise<void> {
    this.ended = true;
    clearTimeout(this.timer);
    await this.trying;
  }
}

interface Place {
  readonly port: number;
  readonly host: string | undefined;
}

/** Returns a text that only processes which share metrics have in common. It does not tell the segment's path. */
function applicationName(): string {
  if (!heap.open(true)) return randomBytes(8).toString('hex');
  return createHash('sha256').update(heap.path).digest('hex').slice(0, 16);
}

/** Binds a server to its port. */
function bind(server: Server, { port, host }: Place): Promise<void> {
  return new Promise((done, fail) => {
    const over = (error?: Error): void => {
      server.off('listening', over).off('error', over);
      if (error === undefined) done();
      else fail(error);
    };
    server.once('listening', over).once('error', over);
    // `exclusive`: this process itself binds the port. Without it, the primary of a cluster would bind the port, and
    // would distribute the requests among all workers.
    server.listen({ port, host, exclusive: true });
  });
}

/**
 * Asks who listens at a port.
 *
 * @returns a promise of true for a process of this application, and if no process listens any more
 */
function isServedBy(name: string, { port, host = 'localhost' }: Place): Promise<boolean> {
  return new Promise((done) => {
    const timeout = ANSWER_MS;
    const asked = get({ port, host, method: 'HEAD', agent: false, timeout }, (response) => {
      response.resume();
      done(response.headers[APPLICATION] === name);
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', (error) => {
      done(['ECONNREFUSED', 'ECONNRESET'].includes(codeOf(error)));
    });
  });
}
