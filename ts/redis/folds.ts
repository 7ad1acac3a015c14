/** Steps that change what Redis has of dead incarnations. The host keeps the result of a step before Redis gets it. */

import { Snapshot } from '../snapshot';
import { contended, EpochChanged, ROUNDS, withPending } from './copies';
import type { Hash, Outcome } from './hash';
import { packed, snapshotOf, unpacked } from './parcel';
import type { HostState, Pending } from './state';
import { after } from './version';

/** The host's state, as these steps use it. */
export interface Keeper {
  get(): HostState;
  save(changes: Partial<HostState>): Promise<void>;
  /** Brings the host's copy and Redis to one state. */
  reconcile(): Promise<void>;
}

export class Folds {
  constructor(
    private readonly hash: Hash,
    private readonly own: string,
    private readonly keeper: Keeper,
  ) {}

  reconcile(): Promise<void> {
    return this.keeper.reconcile();
  }

  /**
   * Folds an incarnation, if its lease is past: adds what it had counted to the rest of the dead, and leaves a tombstone.
   *
   * @returns what was folded; null if its lease is not past, or another host folds it
   */
  async fold(inc: string): Promise<Snapshot | null> {
    for (let round = 0; round < ROUNDS; round++) {
      const cut = await this.hash.read(this.own, null, inc);
      const { epoch, copy } = this.keeper.get();
      if (cut.epoch !== epoch) throw new EpochChanged();
      const [dead] = cut.incarnations;
      if (dead === undefined || Number(dead.lease) > cut.now) return null;
      if (cut.version !== copy.version) {
        await this.reconcile();
        continue;
      }
      const tombstone = await Snapshot.sum([snapshotOf(dead.parcels!)]);
      const sum = await Snapshot.sum([unpacked(cut.folded!), tombstone]);
      const buried = { time: cut.now, packed: await packed(tombstone) };
      const next = { version: after(cut.version), folded: await packed(sum) };
      const pending = { ...next, inc, tombstone: buried };
      const outcome = await this.step(pending, () =>
        this.hash.fold(cut, dead, { ...next, tombstone: buried.packed }),
      );
      if (outcome === 'OK') return tombstone;
    }
    // Another host is faster.
    return null;
  }

  /** Removes series of dead incarnations that this host has removed, and that no living incarnation has. */
  async remove(gone: Snapshot): Promise<void> {
    if (gone.families.length === 0) return;
    // The host's copy says whether any of the series is there. As a rule none is, and nothing is read.
    const { folded } = this.keeper.get().copy;
    if ((await packed(await unpacked(folded).without(gone, []))).equals(folded)) return;
    for (let round = 0; round < ROUNDS; round++) {
      const cut = await this.hash.read(this.own, null);
      const { epoch, copy } = this.keeper.get();
      if (cut.epoch !== epoch) throw new EpochChanged();
      if (cut.version !== copy.version) {
        await this.reconcile();
        continue;
      }
      const living = cut.incarnations.filter(({ lease }) => Number(lease) > cut.now);
      const kept = living.map(({ parcels }) => snapshotOf(parcels!));
      const before = unpacked(cut.folded!);
      const folded = await packed(await before.without(gone, kept));
      if (folded.equals(before.bytes)) return;
      const next = { version: after(cut.version), folded };
      const pending = { ...next, inc: null, tombstone: null };
      const outcome = await this.step(pending, () => this.hash.swap(epoch, cut.version, next));
      if (outcome === 'OK') return;
    }
    throw contended('a removal');
  }

  /** Makes a step whose outcome may stay unknown: keeps its result first. */
  private async step(pending: Pending, make: () => Promise<Outcome>): Promise<Outcome> {
    await this.keeper.save({ pending });
    const outcome = await make();
    if (outcome === 'EPOCH') throw new EpochChanged();
    if (outcome === 'OK') {
      await this.keeper.save({ copy: withPending(this.keeper.get().copy, pending), pending: null });
      return outcome;
    }
    // Redis has not made it now. If a client sent it twice, Redis made it before, and has its version.
    await this.keeper.save({ pending: null });
    await this.reconcile();
    return this.keeper.get().copy.version === pending.version ? 'OK' : outcome;
  }
}
