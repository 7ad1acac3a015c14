/** Steps of the protocol that storms do not reach, over a real Redis: tombstones that were trimmed, steps that come late. */
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { Connection } from '../../ts/redis/connection';
import { Hash, type Flush } from '../../ts/redis/hash';
import { Redis } from '../support/redis';

const HOUR = 3_600_000;

describe.skipIf(lacks('redis-server'))('the hash', () => {
  const server = new Redis();
  let connection: Connection;
  let epoch: string;
  let keys = 0;

  beforeAll(async () => {
    await server.start();
    connection = new Connection({ url: server.url }, 5_000);
  });
  afterAll(() => {
    connection.close();
    server.stop();
  });

  /** Returns a new hash with an epoch. */
  async function made(): Promise<{ hash: Hash; key: string }> {
    const key = `steps${String(keys++)}`;
    const hash = new Hash(connection, key);
    epoch = await hash.init('one', 0);
    return { hash, key };
  }

  const call = (changes: Partial<Flush>): Flush => ({
    ...{ epoch, inc: 'a.0', first: true, seq: 1, acked: 0, ackedAt: 0, leaseMs: 0 },
    ...{ instance: 'a', full: true, look: true, changed: new Map(), removed: [], ...changes },
  });

  /** Folds an incarnation whose lease is past. */
  async function fold(hash: Hash, inc: string): Promise<string> {
    const cut = await hash.read('', null, inc);
    const next = { version: `${cut.version}1`, folded: Buffer.from('sum') };
    return hash.fold(cut, cut.incarnations[0]!, { ...next, tombstone: Buffer.from([0, 255]) });
  }

  test('an epoch is made once', async () => {
    const { hash } = await made();
    expect(await hash.init('two', 1_000)).toBe('one');
    expect(await hash.flush(call({ epoch: 'two' }))).toEqual({ kind: 'EPOCH', epoch: 'one' });
  });

  test('of flushes with one number, one is stored', async () => {
    const { hash } = await made();
    const changed = new Map([['c_total', Buffer.from([1])]]);
    expect(await hash.flush(call({ changed }))).toMatchObject({ kind: 'OK' });
    expect(await hash.flush(call({}))).toEqual({ kind: 'OLD', seq: 1 });
    const [stored] = (await hash.read('', null)).incarnations;
    expect(stored).toMatchObject({ inc: 'a.0', seq: 1, parcels: changed });
    expect(
      (await hash.read('', { version: '-', seqs: new Map([['a.0', 1]]) })).incarnations,
    ).toEqual([{ ...stored, parcels: null }]);
  });

  test('a fold that was read before a flush changes nothing', async () => {
    const { hash } = await made();
    await hash.flush(call({}));
    const cut = await hash.read('', null, 'a.0');
    await hash.flush(call({ seq: 2, acked: 1, first: false }));
    const next = { version: '1.x', folded: Buffer.from('sum'), tombstone: Buffer.from('t') };
    expect(await hash.fold(cut, cut.incarnations[0]!, next)).toBe('CHANGED');
    expect((await hash.copy()).version).toBe('');
  });

  test('a host whose tombstone was trimmed is told that it is gone, and no other is', async () => {
    const { hash, key } = await made();
    const client = await createClient({ url: server.url }).connect();
    const { now } = (await hash.flush(call({}))) as { now: number };
    await hash.flush(call({ inc: 'b.0' }));
    expect(await fold(hash, 'a.0')).toBe('OK');
    const later = call({ seq: 2, acked: 1, first: false, ackedAt: now - 30 * HOUR });
    expect(await hash.flush(later)).toEqual({ kind: 'DEAD', tombstone: Buffer.from([0, 255]) });
    // More than a day later, the next fold trims the tombstone.
    await client.hSet(key, 'd:a.0', String(now - 25 * HOUR));
    expect(await fold(hash, 'b.0')).toBe('OK');
    expect([...(await hash.copy()).times.keys()]).toEqual(['b.0']);
    expect(await hash.flush(later)).toEqual({ kind: 'GONE' });
    // This one has flushed since then, so it cannot have been trimmed: Redis is in an earlier state.
    const since = { ...later, inc: 'c.0', ackedAt: now };
    expect(await hash.flush(since)).toEqual({ kind: 'BEHIND', seq: 0 });
    client.destroy();
  });

  test('an incarnation that gets a tombstone back loses its families, and reads wait for its host', async () => {
    const { hash } = await made();
    await hash.flush(call({ changed: new Map([['c_total', Buffer.from([1])]]) }));
    const remote = await hash.copy();
    const next = { version: '5.y', folded: Buffer.from('sum'), horizon: 0 };
    const lost = new Map([['a.0', { time: Date.now(), packed: Buffer.from('t') }]]);
    expect(await hash.restore({ ...remote, version: '4.z' }, next, lost, HOUR)).toBe('CHANGED');
    expect(await hash.restore(remote, next, lost, HOUR)).toBe('OK');
    const cut = await hash.read('a.0', null);
    expect(cut).toMatchObject({ dead: true, incarnations: [], version: '5.y' });
    expect(cut.until).toBeGreaterThan(cut.now);
  });
});
