/** The metrics of many hosts, shared through Redis: any host shows them all. */

import { Unavailable } from '../errors';
import { startEngine, type Engine } from '../engines';
import { contentsOf, showHosts } from '../registry';
import { Snapshot } from '../snapshot';
import type { RedisOptions, Share } from './api';
import { Connection } from './connection';
import { RedisError } from './failure';
import { Hash } from './hash';
import { Host } from './host';
import { checked, type Checked } from './options';
import { Reader } from './reader';
import { Stores } from './stores';

export type { RedisClient, RedisOptions, Share } from './api';

/** Whether this isolate shares a registry. */
let shares = false;

/**
 * Shares the metrics of this host with other hosts through Redis or Valkey, so that a scrape with the scope `hosts` shows
 * what all hosts have counted: `metricsHandler(register, { scope: 'hosts' })`. Each process and thread of the application
 * may call this. One of them, the elected one, sends the metrics of the host every `flushMs`; any of them answers
 * scrapes. Scrapes of other scopes do not use Redis. This keeps no process alive.
 *
 * Flushes that fail are counted in `mpmetrics_engine_errors_total{engine="redis"}` by reason, and tried again. Nothing is
 * counted twice or lost then.
 *
 * @param options where Redis is, and under which key
 * @throws TypeError for an invalid option; Error if this isolate shares a registry already
 */
export function redis(options: RedisOptions): Share {
  const settings = checked(options);
  // An application elects one isolate for its share: a second share would never be sent.
  if (shares) throw new Error('a registry is shared already: close() the former redis() first');
  const engine = new RedisEngine(settings);
  const hide = showHosts(contentsOf(settings.register)!, () => engine.read());
  try {
    const running = startEngine(engine, {
      register: settings.register,
      intervalSeconds: settings.flushMs / 1000,
    });
    shares = true;
    return {
      get elected() {
        return running.elected;
      },
      flush: () => running.flush(),
      close: async () => {
        hide();
        await running.close();
        shares = false;
      },
    };
  } catch (error) {
    hide();
    throw error;
  }
}

class RedisEngine implements Engine {
  readonly name = 'redis';
  private readonly settings: Checked;
  private readonly connection: Connection;
  private readonly stores: Stores;
  private readonly host: Host;
  private readonly reader: Reader;

  constructor(settings: Checked) {
    const { place, key, timeoutMs, leaseMs, instance } = settings;
    this.settings = settings;
    this.connection = new Connection(place, timeoutMs);
    this.stores = new Stores(`redis ${key}`);
    const hash = new Hash(this.connection, key);
    const store = () => this.stores.present();
    this.host = new Host(hash, { leaseMs, instance, store });
    this.reader = new Reader(hash, { leaseMs, store });
  }

  push(snapshot: Snapshot): Promise<void> {
    return this.host.push(snapshot);
  }

  async pull(): Promise<readonly Snapshot[]> {
    return [await this.read()];
  }

  /** Returns what all hosts have counted. Rejects with {@link Unavailable}. */
  async read(): Promise<Snapshot> {
    const { onUnreachable, register, instance, flushMs } = this.settings;
    try {
      return await this.reader.read();
    } catch (error) {
      if (!(error instanceof RedisError)) throw error;
      if (onUnreachable === 'error') {
        throw new Unavailable(error.message, Math.ceil(flushMs / 1000), error);
      }
      return Snapshot.join([await register.snapshot()], { instances: [instance] });
    }
  }

  async close(): Promise<void> {
    try {
      if (!this.stores.others) await this.host.release();
    } finally {
      this.connection.close();
    }
  }
}
