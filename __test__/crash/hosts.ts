/**
 * Hosts that share their metrics through a Redis, while workers are killed, networks are partitioned and Redis loses its
 * data. A host is a segment with two workers, and a link to Redis of its own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import { Link } from '../support/link';
import { until, within } from '../support/patience.mjs';
import { plainEnvironment } from '../support/plain-environment';
import { Redis } from '../support/redis';
import { samples } from '../support/samples';

/** The values that workers observe, as digits. */
const VALUES = [1, 2, 5];

/** The samples that only grow. */
export const GROWING = /^(updates_total|work_bucket|work_sum|work_count|size_sum|size_count)\{/;

export interface Plan {
  readonly hosts: number;
  readonly leaseMs: number;
  readonly flushMs: number;
  /** The folder of the application, in whose node_modules mpmetrics is. */
  readonly folder: string;
  /** Further options of redis(). */
  readonly more?: object;
  /** The key of the hash; a random one if left out. */
  readonly key?: string;
  /** The program of the workers. */
  readonly program?: string;
}

/** A worker, through its lives. */
export class Worker {
  child: ChildProcess | null = null;
  /** The port of its scrapes; 0 while it is dead or about to start. */
  port = 0;
  /** How often it was killed. */
  kills = 0;
  /** Rounds that it told, by the value observed. */
  readonly told = new Map<string, number>();
  /** Resolves when the last of its deaths is over. */
  private replaced: Promise<void> = Promise.resolve();
  private waiting: ((line: { port?: number; done?: string }) => void)[] = [];

  constructor(
    readonly name: string,
    private readonly host: Host,
  ) {}

  async start(counts = true): Promise<void> {
    const { plan, link, name, key, clockMs } = this.host;
    const { leaseMs, flushMs, more } = plan;
    const options = {
      ...{ url: `redis://127.0.0.1:${String(link.port)}`, key, leaseMs, flushMs },
      ...{ timeoutMs: 1_000, clockMs, host: name, worker: this.name, values: VALUES, counts },
      ...more,
    };
    const program = plan.program ?? join(__dirname, 'hosts', 'worker.cjs');
    const child = spawn(process.execPath, [program, JSON.stringify(options)], {
      cwd: plan.folder,
      env: plainEnvironment({
        MPMETRICS_SEGMENT: this.host.segment,
        NODE_PATH: join(plan.folder, 'node_modules'),
      }),
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    });
    this.child = child;
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (chunk: Buffer) => (this.host.errors += chunk.toString()));
    (child.stdio[3] as NodeJS.ReadableStream).on('data', (chunk: Buffer) => {
      for (const digit of chunk.toString()) this.told.set(digit, (this.told.get(digit) ?? 0) + 1);
    });
    createInterface(child.stdout).on('line', (line) => {
      this.waiting.shift()?.(JSON.parse(line) as { port?: number });
    });
    this.port = (await this.line('started')).port!;
  }

  /** Makes it do something, and waits until it has done it. */
  async tell(what: 'rest' | 'flush' | 'close' | 'share' | 'remove'): Promise<void> {
    // Nothing is to be scraped there any more.
    if (what === 'close') this.port = 0;
    this.child!.stdin!.write(`${what}\n`);
    await this.line(what);
  }

  /** Kills it, and starts it again. One after another, if it is called at the same time. */
  replace(): Promise<void> {
    return this.inTurn(async () => {
      if (this.child === null) return;
      await this.killNow();
      await this.start();
    });
  }

  /** Kills it. When this resolves, all rounds that it told are known. */
  kill(): Promise<void> {
    return this.inTurn(() => this.killNow());
  }

  private inTurn(call: () => Promise<void>): Promise<void> {
    return (this.replaced = this.replaced.then(call));
  }

  private async killNow(): Promise<void> {
    const { child } = this;
    if (child === null) return;
    this.child = null;
    this.port = 0;
    this.kills++;
    const closed = new Promise((resolve) => child.on('close', resolve));
    child.kill('SIGKILL');
    await closed;
    this.waiting = [];
  }

  private line(what: string): Promise<{ port?: number }> {
    const line = new Promise<{ port?: number }>((resolve) => this.waiting.push(resolve));
    return within(line, () => `${this.name} has not ${what}: ${this.host.errors}`);
  }
}

export class Host {
  readonly link: Link;
  readonly segment: string;
  readonly workers: readonly Worker[];
  /** What its workers printed on stderr. */
  errors = '';
  private readonly directory = mkdtempSync('/dev/shm/mpmetrics-host-');

  constructor(
    readonly name: string,
    readonly plan: Plan,
    readonly key: string,
    redisPort: number,
    /** By how much the clock of the host's programs is off. */
    readonly clockMs: number,
  ) {
    this.link = new Link(redisPort);
    this.segment = join(this.directory, 'host.heap');
    this.workers = ['a', 'b'].map((letter) => new Worker(`${name}${letter}`, this));
  }

  /** What the host has counted, as one of its workers scrapes it; a worker is started if all are dead. */
  async local(): Promise<Map<string, number>> {
    return samples(await (await this.localAnswer()).text());
  }

  /** The answer to a scrape of what the host has counted. */
  async localAnswer(): Promise<Response> {
    let worker = this.workers.find(({ port }) => port !== 0);
    if (worker === undefined) {
      [worker] = this.workers;
      await worker!.start(false);
    }
    return fetch(`http://127.0.0.1:${String(worker!.port)}/local`);
  }

  remove(): void {
    for (const { child } of this.workers) child?.kill('SIGKILL');
    this.link.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export class Hosts {
  hosts: Host[] = [];
  /** Scrapes by status, and those that could not be made because their worker was killed. */
  readonly statuses: Record<string, number> = {};
  /** What scrapes showed that must not be: a total that fell, a status other than 200 and 503. */
  readonly wrong: string[] = [];
  private readonly highest = new Map<string, number>();
  private forgotten: RegExp | null = null;
  private ended = false;
  private scraping: Promise<void> = Promise.resolve();
  /** The last scrape that was asked for. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly plan: Plan,
    readonly redis = new Redis(),
  ) {}

  async start(): Promise<void> {
    if (this.redis.port === 0) await this.redis.start();
    const { key = `mp:{${randomUUID()}}` } = this.plan;
    for (let n = 0; n < this.plan.hosts; n++) {
      // The clock of the last host is off by an hour.
      const clockMs = n === this.plan.hosts - 1 ? 3_600_000 : 0;
      const name = `host${String(n)}`;
      this.hosts.push(new Host(name, this.plan, key, this.redis.port, clockMs));
    }
    for (const host of this.hosts) await host.link.start();
    await Promise.all(this.hosts.flatMap(({ workers }) => workers).map((worker) => worker.start()));
    this.scraping = this.scrapeAgainAndAgain();
  }

  /** The living workers of living hosts. */
  get living(): Worker[] {
    return this.hosts.flatMap(({ workers }) => workers).filter(({ port }) => port !== 0);
  }

  /**
   * Scrapes all hosts by one worker, after the scrapes that are under way: of two at once, it is not known which one read
   * first. Returns the samples; null if they are not available.
   */
  scrape(worker: Worker): Promise<Map<string, number> | null> {
    const scrape = this.last.then(() => this.scrapeNow(worker));
    this.last = scrape;
    return scrape;
  }

  private async scrapeNow(worker: Worker): Promise<Map<string, number> | null> {
    const { child, port } = worker;
    // It was killed since it was chosen.
    if (port === 0) return null;
    try {
      const answer = await fetch(`http://127.0.0.1:${String(port)}/metrics`, {
        signal: AbortSignal.timeout(30_000),
      });
      const text = await answer.text();
      this.count(String(answer.status));
      if (answer.status === 200) return this.checked(worker.name, samples(text));
      // It was closed meanwhile.
      if (worker.port !== port) return null;
      if (answer.status !== 503) {
        this.wrong.push(`${worker.name}: ${String(answer.status)} ${text}`);
      } else if (answer.headers.get('retry-after') === null) this.wrong.push('no Retry-After');
    } catch (error) {
      if (worker.child === child && worker.port === port) {
        this.wrong.push(`${worker.name}: ${String(error)}`);
      }
      this.count('killed');
    }
    return null;
  }

  private count(status: string): void {
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
  }

  /** Does not expect any more that these series do not fall. */
  forget(series: RegExp): void {
    for (const one of this.highest.keys()) if (series.test(one)) this.highest.delete(one);
    this.forgotten = series;
  }

  /** Notes totals that are lower than an earlier scrape showed them. */
  private checked(by: string, shown: Map<string, number>): Map<string, number> {
    for (const [series, highest] of this.highest) {
      const value = shown.get(series);
      if (value === undefined || value < highest) {
        this.wrong.push(`${by}: ${series} fell from ${String(highest)} to ${String(value)}`);
      }
    }
    for (const [series, value] of shown) {
      if (!GROWING.test(series) || this.forgotten?.test(series) === true) continue;
      this.highest.set(series, value);
    }
    return shown;
  }

  private async scrapeAgainAndAgain(): Promise<void> {
    for (let n = 0; !this.ended; n++) {
      const { living } = this;
      const worker = living[n % living.length];
      if (worker !== undefined) await this.scrape(worker);
      await sleep(20);
    }
  }

  /** Waits until a scrape of a host succeeds. */
  async available(host: Host | undefined): Promise<Map<string, number>> {
    const found = await until(
      async () => {
        const worker = host?.workers.find(({ port }) => port !== 0);
        return worker === undefined ? null : this.scrape(worker);
      },
      () => `the metrics of all hosts are not available: ${JSON.stringify(this.statuses)}`,
    );
    return found!;
  }

  /** Makes all workers stop counting and send what they have counted, and ends the scrapes. */
  async rest(workers: readonly Worker[]): Promise<void> {
    await Promise.all(workers.map((worker) => worker.tell('rest')));
    await Promise.all(workers.map((worker) => worker.tell('flush')));
  }

  /** Compares what each living host shows of all hosts with what all hosts' segments have. Adds to {@link wrong}. */
  async compare(dead: readonly Host[]): Promise<void> {
    this.ended = true;
    await this.scraping;
    await this.rest(this.living);
    const living = this.hosts.filter((host) => !dead.includes(host));
    const shown = await Promise.all(living.map((host) => this.available(host)));
    const expected = new Map<string, number>();
    for (const host of this.hosts) {
      for (const [series, value] of await host.local())
        if (GROWING.test(series)) expected.set(series, value);
      this.compareWithTold(host, expected);
    }
    for (const [n, one] of shown.entries()) {
      const gauges = [...one.keys()].filter((series) => series.startsWith('alive{')).join();
      const hidden = living.filter(({ name }) => !gauges.includes(`instance="${name}"`));
      for (const { name } of hidden) {
        this.wrong.push(`at the end ${living[n]!.name} does not show the gauge of ${name}`);
      }
      const differing = [...expected].filter(([series, value]) => one.get(series) !== value);
      for (const [series, value] of differing) {
        const seen = String(one.get(series));
        this.wrong.push(
          `at the end ${living[n]!.name} shows ${series} ${seen}, not ${String(value)}`,
        );
      }
    }
  }

  /** A killed worker may have been between an update and its byte. */
  private compareWithTold({ workers }: Host, counted: Map<string, number>): void {
    for (const { name, told, kills } of workers) {
      for (const [value, rounds] of told) {
        const series = `updates_total{worker="${name}",value="${value}"}`;
        const found = counted.get(series) ?? 0;
        if (found >= rounds && found <= rounds + kills) continue;
        this.wrong.push(`${series} is ${String(found)}, and ${String(rounds)} were told`);
      }
    }
  }

  async remove(): Promise<void> {
    this.ended = true;
    for (const host of this.hosts) host.remove();
    await this.scraping;
    this.redis.stop();
  }
}
