/** A server that records what an engine pushes. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { samples } from './samples';

/** One push. */
export interface Pushed {
  /** The isolate that pushed: pid and number of the thread. */
  who: string;
  seen: Map<string, number>;
}

export class Recorder {
  /** The pushes that were answered with 200, in their order. */
  readonly pushes: Pushed[] = [];
  /** The isolates that closed their engine, in their order. */
  readonly closed: string[] = [];
  /** The headers of a refusal; null while pushes are accepted. */
  refusal: Record<string, string> | null = null;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      const who = String(request.headers['who']);
      let text = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      request.on('end', () => {
        const { refusal } = this;
        if (request.method === 'DELETE') this.closed.push(who);
        else if (refusal === null) this.pushes.push({ who, seen: samples(text) });
        response.writeHead(refusal === null ? 200 : 503, refusal ?? {}).end();
      });
    });
  }

  static async start(): Promise<Recorder> {
    const recorder = new Recorder();
    await new Promise<void>((done) => recorder.server.listen(0, '127.0.0.1', done));
    return recorder;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}/`;
  }

  end(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
