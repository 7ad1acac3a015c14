/** A server under test, and requests to it. */
import { Agent, request, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { until } from '../support/patience.mjs';
import { samples } from '../support/samples';

/** An answer. */
export interface Answer {
  status: number;
  body: string;
  headers: IncomingHttpHeaders;
}

/** A server that listens, with a client that keeps one connection. */
export class Serving {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async of(server: Server): Promise<Serving> {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return new Serving(server, (server.address() as AddressInfo).port);
  }

  /** Sends a request, and waits for the whole answer. */
  async send(method: string, path: string, headers: IncomingHttpHeaders = {}): Promise<Answer> {
    const { port, agent } = this;
    return new Promise((resolve, reject) => {
      const sent = request({ port, host: '127.0.0.1', method, path, headers, agent }, (answer) => {
        const { statusCode = 0, headers: got } = answer;
        text(answer).then((body) => {
          resolve({ status: statusCode, body, headers: got });
        }, reject);
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  /**
   * Sends text on a connection of its own.
   *
   * @param answers the connection is ended after this many answers; 0 closes it without waiting for one
   */
  async raw(sent: string, answers: number): Promise<string> {
    return new Promise((resolve, reject) => {
      let received = '';
      const socket = connect(this.port, '127.0.0.1', () => {
        socket.write(sent, () => {
          if (answers === 0) socket.destroy();
        });
      });
      socket.on('data', (chunk: Buffer) => {
        received += chunk.toString('latin1');
        if (received.split('HTTP/1.1 ').length > answers) socket.end();
      });
      socket.on('close', () => {
        resolve(received);
      });
      socket.on('error', reject);
    });
  }

  /** Sends a request, waits until `seen` returns true, and closes the connection before an answer. */
  async abort(path: string, seen: () => Promise<boolean>): Promise<void> {
    const socket = connect(this.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`);
    await until(seen, 'the request does not arrive');
    socket.destroy();
  }

  async close(): Promise<void> {
    this.agent.destroy();
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}

/** What a registry has counted. */
export interface Counts {
  /** Requests by `method route status`, sorted by series. */
  requests: Record<string, number>;
  /** Requests in progress by method. */
  inProgress: Record<string, number>;
}

const COUNT =
  /^http_request_duration_seconds_count\{method="([^"]*)",route="((?:[^"\\]|\\.)*)",status_code="([^"]*)"\}$/;
const IN_PROGRESS = /^http_requests_in_progress\{method="([^"]*)"\}$/;

/** Reads the counts from the text of a scrape. */
export function countsIn(printed: string): Counts {
  const counts: Counts = { requests: {}, inProgress: {} };
  for (const [series, value] of [...samples(printed)].sort()) {
    const [, method, route, status] = COUNT.exec(series) ?? [];
    if (method !== undefined) counts.requests[`${method} ${route!} ${status!}`] = value;
    const [, running] = IN_PROGRESS.exec(series) ?? [];
    if (running !== undefined) counts.inProgress[running] = value;
  }
  return counts;
}

/** Returns the number of all requests that were counted. */
export function total({ requests }: Counts): number {
  return Object.values(requests).reduce((sum, one) => sum + one, 0);
}

/** Waits until a number of requests is counted: a server may count a request after its client has the answer. */
export async function counted(print: () => Promise<string>, requests: number): Promise<Counts> {
  let counts: Counts = { requests: {}, inProgress: {} };
  await until(
    async () => {
      counts = countsIn(await print());
      return total(counts) >= requests;
    },
    () => `fewer than ${requests} requests are counted: ${JSON.stringify(counts)}`,
  );
  return counts;
}
