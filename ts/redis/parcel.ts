/** Snapshots as they are sent and kept: compressed. */

import { pack, Snapshot, unpack, type SnapshotFamily } from '../snapshot';
import type { Chunks } from './hash';

/** Returns a snapshot as one compressed blob. */
export async function packed(snapshot: Snapshot): Promise<Buffer> {
  const [blob] = await pack([snapshot.bytes]);
  return blob!;
}

/** Returns the snapshot in a blob of {@link packed}; the empty one for an empty blob. */
export async function unpacked(blob: Buffer): Promise<Snapshot> {
  if (blob.length === 0) return Snapshot.empty;
  const [bytes] = await unpack([blob]);
  return Snapshot.from(bytes!);
}

/** Returns families as one compressed chunk for each. */
export async function chunksOf(families: readonly SnapshotFamily[]): Promise<Chunks> {
  const blobs = await pack(families.map(({ bytes }) => bytes));
  return new Map(families.map(({ name }, i) => [name, blobs[i]!]));
}

/** Returns the snapshot that has these families. */
export async function snapshotOf(chunks: Chunks): Promise<Snapshot> {
  const names = [...chunks.keys()];
  const all = await unpack([...chunks.values()]);
  return Snapshot.of(names.map((name, i) => ({ name, bytes: all[i]! })));
}
