/** A way to a TCP server that a test can interrupt: as when a network is partitioned, or a reply is lost. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class Link {
  port = 0;
  /** How many replies of the server were lost. */
  lost = 0;
  private target: number;
  private server: Server | null = null;
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private paused = false;
  private loses: ((nth: number) => boolean) | null = null;

  /** @param target the port of the server */
  constructor(target: number) {
    this.target = target;
  }

  async start(): Promise<void> {
    this.server = createServer((near) => {
      this.join(near);
    }).listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Stops forwarding, in both directions. What is sent meanwhile arrives after {@link resume}. */
  pause(): void {
    this.paused = true;
    for (const pair of this.pairs) for (const socket of pair) socket.pause();
  }

  resume(): void {
    this.paused = false;
    for (const pair of this.pairs) for (const socket of pair) socket.resume();
  }

  /**
   * From now on, a connection is closed in place of a reply for which `loses` returns true: it gets the reply's number in
   * its connection. The command has arrived.
   */
  lose(loses: (nth: number) => boolean): void {
    this.loses = loses;
  }

  /** Leads new connections to another server, and ends those that there are. */
  lead(target: number): void {
    this.target = target;
    for (const [near] of this.pairs) near.destroy();
  }

  stop(): void {
    this.server?.close();
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }

  private join(near: Socket): void {
    const far = connect(this.target, '127.0.0.1');
    const pair = [near, far] as const;
    this.pairs.add(pair);
    let nth = 0;
    near.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => {
      if (this.loses?.(nth++) === true) {
        this.lost++;
        near.destroy();
      } else near.write(chunk);
    });
    for (const socket of pair) {
      if (this.paused) socket.pause();
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.pairs.delete(pair);
        near.destroy();
        far.destroy();
      });
    }
  }
}
