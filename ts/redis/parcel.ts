/** Snapshots as they are sent and kept: compressed. */

import { Snapshot, type SnapshotFamily } from '../snapshot';
import type { Parcels } from './hash';

/** Returns a snapshot as compressed bytes. */
export async function packed(snapshot: Snapshot): Promise<Buffer> {
  return (await snapshot.packed()).bytes;
}

/** Returns the snapshot in bytes of {@link packed}; the empty one for no bytes. */
export function unpacked(bytes: Buffer): Snapshot {
  return bytes.length === 0 ? Snapshot.empty : Snapshot.from(bytes);
}

/** Returns each family as a parcel, compressed. */
export async function parcelsOf(families: readonly SnapshotFamily[]): Promise<Parcels> {
  if (families.length === 0) return new Map();
  const small = await Snapshot.of(families).packed();
  return new Map(small.families.map(({ name, bytes }) => [name, bytes]));
}

/** Returns the snapshot that has these families. */
export function snapshotOf(parcels: Parcels): Snapshot {
  return Snapshot.of([...parcels].map(([name, bytes]) => ({ name, bytes, rows: false })));
}
