/** Commands with a time limit, by a client of the program's own or by one that is made for a URL. */

import { codeOf, messageOf, MpmetricsError } from '../errors';
import { unref } from '../timers';
import type { RedisClient } from './api';
import { sendBy, type Argument, type Reply, type Send } from './client';
import { failureOf, RedisError } from './failure';

/** The members of node-redis that a connection uses. */
interface UrlClient {
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  destroy(): void;
  ref(): void;
  unref(): void;
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

/** The package node-redis. */
interface NodeRedis {
  createClient(options: object): UrlClient;
}

/** Where Redis is. */
export type Place = { readonly url: string } | { readonly client: RedisClient };

/** The package that is loaded for a URL. A name that bundlers cannot follow: the package is an optional peer. */
const PACKAGE: string = 'redis';

export class Connection {
  private readonly timeoutMs: number;
  private readonly url: string | null;
  private readonly own: Send | null;
  /** The client for the URL, once it is asked for. */
  private made: UrlClient | null = null;
  private connecting: Promise<UrlClient> | null = null;
  private waiting = 0;

  /** @throws TypeError for a client that is none */
  constructor(place: Place, timeoutMs: number) {
    this.timeoutMs = timeoutMs;
    this.url = 'url' in place ? place.url : null;
    this.own = 'client' in place ? sendBy(place.client) : null;
  }

  /**
   * Sends a command, connecting first if needed.
   *
   * @returns the reply; rejects with a {@link RedisError}, also if it takes longer than the time limit. Then Redis may
   *   still run the command, now or later
   */
  async send(key: string, args: readonly Argument[]): Promise<Reply> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      const message = `Redis has not answered within ${this.timeoutMs} ms`;
      timer = setTimeout(() => {
        reject(new RedisError('timeout', message));
      }, this.timeoutMs);
    });
    this.waiting++;
    this.made?.ref();
    try {
      return await Promise.race([this.sent(key, args), late]);
    } catch (error) {
      // The next command gets a new connection: on this one, the reply may still come.
      if (error instanceof RedisError && error.reason === 'timeout') this.drop();
      throw failureOf(error);
    } finally {
      clearTimeout(timer);
      if (--this.waiting === 0) this.made?.unref();
    }
  }

  private async sent(key: string, args: readonly Argument[]): Promise<Reply> {
    if (this.own !== null) return this.own(key, args);
    const { made } = this;
    if (made?.isReady !== true) return sendBy(await this.connected())(key, args);
    try {
      return await sendBy(made)(key, args);
    } catch (error) {
      if (failureOf(error).reason !== 'unreachable') throw error;
      // The connection was lost since the last command, or is lost now. Each step may be sent twice.
      return sendBy(await this.connected())(key, args);
    }
  }

  /** Connects, once for all commands that wait. */
  private connected(): Promise<UrlClient> {
    return (this.connecting ??= this.connect().finally(() => (this.connecting = null)));
  }

  private async connect(): Promise<UrlClient> {
    this.drop();
    const client = (await load()).createClient({
      url: this.url,
      // A command fails at once if the connection is lost. The next push connects again, so no timer keeps the process
      // alive meanwhile.
      disableOfflineQueue: true,
      socket: { reconnectStrategy: false, connectTimeout: this.timeoutMs },
    });
    client.on('error', () => undefined);
    this.made = client;
    await client.connect();
    return client;
  }

  private drop(): void {
    const { made } = this;
    this.made = null;
    try {
      made?.destroy();
    } catch {
      // It was closed already.
    }
  }

  /** Ends the connection, if it was made for a URL. A client of the program's own stays as it is. */
  close(): void {
    if (this.waiting === 0) this.drop();
    else
      unref(
        setTimeout(() => {
          this.close();
        }, 100),
      );
  }
}

async function load(): Promise<NodeRedis> {
  try {
    return (await import(PACKAGE)) as NodeRedis;
  } catch (error) {
    const missing = /MODULE_NOT_FOUND/.test(codeOf(error));
    throw new MpmetricsError(
      'ERR_MPMETRICS_UNSUPPORTED',
      missing
        ? 'redis({ url }) needs the package redis (npm install redis); or pass a client: redis({ client })'
        : `redis({ url }) cannot load the package redis: ${messageOf(error)}`,
      error,
    );
  }
}
