/**
 * The host's state in a folder beside its segment's file, so that it outlives every process of the host and is removed
 * with the segment. The folder has a small file, the manifest, which is replaced as a whole, and a file for each blob
 * that the manifest names. A blob's name is a hash of its bytes. Blobs are written before the manifest that names them,
 * and removed after the manifest that does not.
 */

import { createHash } from 'crypto';
import { promises, type Stats } from 'fs';
import { basename, dirname, join } from 'path';

import { codeOf } from '../errors';
import type { Tombstone } from './hash';
import { NEW, type HostState, type Standing, type StateStore } from './state';

const { chmod, chown, mkdir, readdir, readFile, rename, stat, unlink, writeFile } = promises;

const MANIFEST = 'manifest.json';
const BLOB = '.blob';
/** The format of a manifest. A state in another format is not read. */
const FORMAT = 1;

/** The manifest: a state in which names stand for blobs. */
interface Manifest extends Standing {
  readonly format: typeof FORMAT;
  readonly base: string;
  readonly version: string;
  readonly folded: string;
  readonly horizon: number;
  /** `inc, time, blob`. */
  readonly tombstones: readonly [string, number, string][];
  readonly pending: {
    readonly version: string;
    readonly folded: string;
    readonly tombstone: [string, number, string] | null;
  } | null;
}

export class StateFolder implements StateStore {
  readonly origin: string;
  private readonly segment: string;
  private readonly folder: string;
  /** The blobs that are in the folder, as far as this isolate knows. */
  private written = new Set<string>();

  /**
   * @param segment the path of the segment's file
   * @param origin that of the segment
   * @param purpose tells this folder from others of the segment
   */
  constructor(segment: string, origin: string, purpose: string) {
    this.segment = segment;
    this.origin = origin;
    const name = `${basename(segment)}.state-${origin}-${digest(Buffer.from(purpose))}`;
    this.folder = join(dirname(segment), name);
  }

  async load(): Promise<HostState> {
    this.written = new Set();
    try {
      const manifest = await this.manifest();
      return manifest === null ? NEW : await this.stateOf(manifest);
    } catch (error) {
      // A stranger removed a blob or changed the manifest. Redis has what a new state needs: the host's incarnations are
      // numbered from 0, and Redis says of each that it was folded, and what it had counted.
      if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError) return NEW;
      throw error;
    }
  }

  private async stateOf(manifest: Manifest): Promise<HostState> {
    const { number, epoch, acked, ackedAt, version, horizon, pending } = manifest;
    const tombstones = new Map<string, Tombstone>();
    for (const one of manifest.tombstones) tombstones.set(one[0], await this.tombstone(one));
    return {
      ...{ number, epoch, acked, ackedAt },
      base: await this.blob(manifest.base),
      copy: { version, folded: await this.blob(manifest.folded), tombstones, horizon },
      pending: pending && {
        version: pending.version,
        folded: await this.blob(pending.folded),
        inc: pending.tombstone && pending.tombstone[0],
        tombstone: pending.tombstone && (await this.tombstone(pending.tombstone)),
      },
    };
  }

  async save({ number, epoch, acked, ackedAt, base, copy, pending }: HostState): Promise<void> {
    const access = await this.prepare();
    const named = new Set<string>();
    const keep = async (bytes: Buffer): Promise<string> => {
      if (bytes.length === 0) return '';
      const name = digest(bytes);
      named.add(name);
      if (!this.written.has(name)) await this.write(name + BLOB, bytes, access);
      this.written.add(name);
      return name;
    };
    const kept = async (
      inc: string,
      { time, packed }: Tombstone,
    ): Promise<[string, number, string]> => [inc, time, await keep(packed)];
    const tombstones: [string, number, string][] = [];
    for (const [inc, tombstone] of copy.tombstones) tombstones.push(await kept(inc, tombstone));
    const manifest: Manifest = {
      ...{ format: FORMAT, number, epoch, acked, ackedAt },
      base: await keep(base),
      ...{ version: copy.version, folded: await keep(copy.folded), horizon: copy.horizon },
      tombstones,
      pending: pending && {
        version: pending.version,
        folded: await keep(pending.folded),
        tombstone: pending.inc === null ? null : await kept(pending.inc, pending.tombstone!),
      },
    };
    await this.write(MANIFEST, JSON.stringify(manifest), access);
    for (const name of this.written) {
      if (named.has(name)) continue;
      await unlink(join(this.folder, name + BLOB)).catch(() => undefined);
      this.written.delete(name);
    }
  }

  async standing(): Promise<Standing> {
    return (await this.manifest()) ?? NEW;
  }

  /** Reads the manifest; null if there is none that can be read. */
  private async manifest(): Promise<Manifest | null> {
    try {
      const manifest = JSON.parse(await readFile(join(this.folder, MANIFEST), 'utf8')) as Manifest;
      return manifest.format === FORMAT ? manifest : null;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    }
  }

  private async blob(name: string): Promise<Buffer> {
    if (name === '') return Buffer.alloc(0);
    this.written.add(name);
    return readFile(join(this.folder, name + BLOB));
  }

  private async tombstone([, time, name]: [string, number, string]): Promise<Tombstone> {
    return { time, packed: await this.blob(name) };
  }

  /** Makes the folder, unless it is there, and removes what an isolate that died left. Returns the segment's access. */
  private async prepare(): Promise<Stats> {
    const access = await stat(this.segment);
    try {
      const names = this.written.size === 0 ? await readdir(this.folder) : [];
      for (const name of names) {
        if (name !== MANIFEST && !name.endsWith(BLOB)) await unlink(join(this.folder, name));
      }
      await stat(join(this.folder, MANIFEST)).catch(() => {
        this.written.clear();
      });
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      await mkdir(this.folder, { mode: 0o700, recursive: true });
      // Users that may read the segment may also search the folder.
      await this.open(this.folder, access, (access.mode & 0o666) | ((access.mode & 0o444) >> 2));
      this.written.clear();
    }
    return access;
  }

  /** Writes a file under another name, and renames it: readers see the old file or the new one. */
  private async write(name: string, contents: Buffer | string, access: Stats): Promise<void> {
    const path = join(this.folder, name);
    const born = `${path}.${process.pid}`;
    await writeFile(born, contents, { mode: 0o600 });
    await this.open(born, access, access.mode & 0o666);
    await rename(born, path);
  }

  /** Gives a file the mode and, if that lets a group in, the group of the segment. */
  private async open(path: string, { mode, gid }: Stats, wanted: number): Promise<void> {
    if ((mode & 0o066) === 0) return;
    if ((mode & 0o060) !== 0) await chown(path, process.geteuid!(), gid);
    await chmod(path, wanted);
  }
}

/** The names of bytes that were hashed already: a state is saved each second, and has most of its blobs from before. */
const digests = new WeakMap<Buffer, string>();

/** Returns a hash of bytes, as a name. */
function digest(bytes: Buffer): string {
  const known = digests.get(bytes);
  if (known !== undefined) return known;
  const name = createHash('sha256').update(bytes).digest('hex').slice(0, 24);
  digests.set(bytes, name);
  return name;
}
