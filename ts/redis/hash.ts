/** The hash in Redis that all hosts share: each step of the protocol as a method. */

import { bytesOf, listOf, textOf, type Argument, type Reply } from './client';
import type { Connection } from './connection';
import { isUnknownScript, RedisError } from './failure';
import * as scripts from './scripts';
import type { Script } from './scripts';

/** How long tombstones are kept, in milliseconds. */
const TOMBSTONE_MS = 24 * 3_600_000;
/** Most tombstones that are kept. */
const TOMBSTONES = 1_000;

/** A family's packed bytes under its name. */
export type Parcels = ReadonlyMap<string, Buffer>;

/** A call of {@link Hash.flush}. */
export interface Flush {
  readonly epoch: string;
  readonly inc: string;
  /** Whether the incarnation may be unknown to Redis. */
  readonly first: boolean;
  readonly seq: number;
  readonly acked: number;
  /** When Redis acknowledged that, by its own clock. */
  readonly ackedAt: number;
  readonly leaseMs: number;
  readonly instance: string;
  /** Whether `changed` has all families. */
  readonly full: boolean;
  /** Whether to look for incarnations whose leases are past. */
  readonly look: boolean;
  readonly changed: Parcels;
  readonly removed: readonly string[];
}

export type FlushReply =
  | {
      readonly kind: 'OK';
      readonly version: string;
      readonly now: number;
      readonly past: readonly string[];
    }
  /** Redis has another epoch; empty for none. */
  | { readonly kind: 'EPOCH'; readonly epoch: string }
  /** The incarnation was folded. */
  | { readonly kind: 'DEAD'; readonly tombstone: Buffer }
  /** The incarnation was folded so long ago that there is no tombstone any more. */
  | { readonly kind: 'GONE' }
  /** Redis has this sequence number, which is lower than the one that it acknowledged. */
  | { readonly kind: 'BEHIND'; readonly seq: number }
  /** Redis has this sequence number, which is not lower than that of the call. */
  | { readonly kind: 'OLD'; readonly seq: number };

/** An incarnation as Redis has it. */
export interface Incarnation {
  readonly inc: string;
  readonly seq: number;
  /** The end of the lease, by Redis' clock, as the text that Redis has. */
  readonly lease: string;
  readonly instance: string;
  /** Null if the caller has them. */
  readonly parcels: Parcels | null;
}

/** What Redis has at one moment. */
export interface Cut {
  /** Empty if Redis has none. */
  readonly epoch: string;
  readonly until: number;
  readonly now: number;
  readonly version: string;
  /** Whether the caller's incarnation has a tombstone. */
  readonly dead: boolean;
  /** What dead incarnations had counted, packed; null if the caller has it. */
  readonly folded: Buffer | null;
  readonly incarnations: readonly Incarnation[];
}

/** What is not to be read, because the caller has it. */
export interface Known {
  readonly version: string;
  readonly seqs: ReadonlyMap<string, number>;
}

/** What hosts keep a copy of, without the tombstones' snapshots. */
export interface Remote {
  readonly epoch: string;
  readonly version: string;
  readonly folded: Buffer;
  readonly horizon: number;
  /** The times of the tombstones, by incarnation. */
  readonly times: ReadonlyMap<string, number>;
}

/** The outcome of a step that compares first. */
export type Outcome = 'OK' | 'CHANGED' | 'EPOCH';

/** A tombstone: what was folded, packed, and the time of the fold. */
export interface Tombstone {
  readonly time: number;
  readonly packed: Buffer;
}

export class Hash {
  constructor(
    private readonly connection: Connection,
    private readonly key: string,
  ) {}

  /** Makes this epoch, if there is none. Reads are incomplete for that time. Returns the epoch that there is. */
  async init(epoch: string, ms: number): Promise<string> {
    return textOf(await this.run(scripts.INIT, [epoch, String(ms)]));
  }

  async flush(call: Flush): Promise<FlushReply> {
    const { epoch, inc, first, seq, acked, ackedAt, leaseMs } = call;
    const { instance, full, look, changed, removed } = call;
    const reply = await this.run(scripts.FLUSH, [
      ...[epoch, inc, flag(first), String(seq), String(acked), String(ackedAt), String(leaseMs)],
      ...[instance, flag(full), flag(look), String(changed.size)],
      ...[...changed].flat(),
      ...removed,
    ]);
    const [kind, value, now, past] = listOf(reply);
    switch (textOf(kind)) {
      case 'OK':
        return {
          kind: 'OK',
          version: textOf(value),
          now: Number(textOf(now)),
          past: listOf(past).map(textOf),
        };
      case 'EPOCH':
        return { kind: 'EPOCH', epoch: textOf(value) };
      case 'DEAD':
        return { kind: 'DEAD', tombstone: bytesOf(value)! };
      case 'GONE':
        return { kind: 'GONE' };
      case 'BEHIND':
        return { kind: 'BEHIND', seq: Number(value) };
      case 'OLD':
        return { kind: 'OLD', seq: Number(value) };
      default:
        throw new RedisError('other', `Redis answered a flush with ${textOf(kind)}`);
    }
  }

  /**
   * Reads what scrapes and folds need.
   *
   * @param own the caller's incarnation
   * @param only the only incarnation to read; all if left out
   */
  async read(own: string, known: Known | null, only = ''): Promise<Cut> {
    const seqs = [...(known?.seqs ?? [])].flatMap(([inc, seq]) => [inc, String(seq)]);
    // No version is `-`, so without a known one all is read.
    const reply = await this.run(scripts.READ, [own, only, known?.version ?? '-', ...seqs]);
    const [epoch, until, now, version, dead, folded, ...incarnations] = listOf(reply);
    return {
      epoch: textOf(epoch),
      until: Number(textOf(until)),
      now: Number(textOf(now)),
      version: textOf(version),
      dead: dead === 1,
      folded: bytesOf(folded),
      incarnations: incarnations.map(incarnationIn),
    };
  }

  /** Puts a tombstone in place of an incarnation, and swaps what dead incarnations had counted, if nothing changed. */
  async fold(
    { epoch, version }: Pick<Cut, 'epoch' | 'version'>,
    { inc, seq, lease }: Incarnation,
    next: { version: string; folded: Buffer; tombstone: Buffer },
  ): Promise<Outcome> {
    const compared = [epoch, inc, String(seq), lease, version];
    return this.outcome(scripts.FOLD, [
      ...[...compared, next.version, next.folded, next.tombstone],
      ...[String(TOMBSTONE_MS), String(TOMBSTONES)],
    ]);
  }

  /** Swaps what dead incarnations had counted, if nothing changed. */
  async swap(
    epoch: string,
    version: string,
    next: { version: string; folded: Buffer },
  ): Promise<Outcome> {
    return this.outcome(scripts.SWAP, [epoch, version, next.version, next.folded]);
  }

  async copy(): Promise<Remote> {
    const [epoch, version, folded, horizon, list] = listOf(await this.run(scripts.COPY, []));
    const texts = listOf(list).map(textOf);
    const times = new Map<string, number>();
    for (let i = 0; i < texts.length; i += 2) times.set(texts[i]!, Number(texts[i + 1]));
    return {
      epoch: textOf(epoch),
      version: textOf(version),
      folded: bytesOf(folded) ?? Buffer.alloc(0),
      horizon: Number(textOf(horizon)),
      times,
    };
  }

  /** Returns the tombstones' snapshots, packed; null for each that was trimmed meanwhile. */
  async tombstones(incs: readonly string[]): Promise<(Buffer | null)[]> {
    if (incs.length === 0) return [];
    const fields = incs.map((inc) => `t:${inc}`);
    const reply = await this.connection.send(this.key, ['HMGET', this.key, ...fields]);
    return listOf(reply).map(bytesOf);
  }

  /** Stores what Redis has lost, if `version` is still what it has. */
  async restore(
    { epoch, version }: Pick<Remote, 'epoch' | 'version'>,
    next: { version: string; folded: Buffer; horizon: number },
    lost: ReadonlyMap<string, Tombstone>,
    leaseMs: number,
  ): Promise<Outcome> {
    return this.outcome(scripts.RESTORE, [
      ...[epoch, version, next.version, next.folded, String(next.horizon), String(leaseMs)],
      ...[String(TOMBSTONE_MS), String(TOMBSTONES)],
      ...[...lost].flatMap(([inc, { time, packed }]) => [inc, String(time), packed]),
    ]);
  }

  async release(epoch: string, inc: string, seq: number): Promise<Outcome> {
    return this.outcome(scripts.RELEASE, [epoch, inc, String(seq)]);
  }

  /** Makes reads incomplete for a while, because Redis went back to an earlier state. */
  async doubt(epoch: string, ms: number): Promise<void> {
    await this.run(scripts.DOUBT, [epoch, String(ms)]);
  }

  private async outcome(script: Script, args: readonly Argument[]): Promise<Outcome> {
    return textOf(await this.run(script, args)) as Outcome;
  }

  private async run({ text, sha }: Script, args: readonly Argument[]): Promise<Reply> {
    const { key } = this;
    try {
      return await this.connection.send(key, ['EVALSHA', sha, '1', key, ...args]);
    } catch (error) {
      if (!isUnknownScript((error as Error).cause ?? error)) throw error;
      return this.connection.send(key, ['EVAL', text, '1', key, ...args]);
    }
  }
}

function flag(value: boolean): string {
  return value ? '1' : '0';
}

function incarnationIn(reply: Reply): Incarnation {
  const [inc, seq, lease, instance, families] = listOf(reply);
  const parcels = new Map<string, Buffer>();
  const list = listOf(families);
  for (let i = 0; i < list.length; i += 2) parcels.set(textOf(list[i]), bytesOf(list[i + 1])!);
  return {
    inc: textOf(inc),
    seq: Number(textOf(seq)),
    lease: textOf(lease),
    instance: textOf(instance),
    parcels: Array.isArray(families) ? parcels : null,
  };
}
