/** What an application has counted at one moment, as a value that can be stored, joined with others, and printed. */

import { types } from 'util';

import { requireBinding } from './binding';
import { codeOf, messageOf, MpmetricsError, unfit, type ErrorCode } from './errors';
import {
  formatOf,
  isSupported,
  jsonRows,
  ownDefaults,
  PROMETHEUS_CONTENT_TYPE,
  type MetricRows,
  type RegistryContentType,
} from './exposition';
import { parseLabelText } from './labels';
import type { Binding, Bytes, ExtraFamily } from './native';
import { parseFamilies } from './storage';

/** One family of a {@link Snapshot}. */
export interface SnapshotFamily {
  readonly name: string;
  /** The family, complete in itself. Families of the same content have the same bytes. */
  readonly bytes: Bytes;
  /**
   * True for a family that lies in no shared memory, such as a metric object of another library: it is kept as rows, and
   * is not joined with those of other applications.
   */
  readonly rows: boolean;
}

/** Options of {@link Snapshot.text}. */
export interface SnapshotOptions {
  /** Text format 0.0.4 if left out. */
  contentType?: RegistryContentType;
}

/** The first bytes of every snapshot; `crates/mpmetrics-core/src/wire/frame.rs` has the format. */
const MAGIC = Buffer.from('mps\x01', 'latin1');

/**
 * What an application has counted at one moment: families with their series. `register.snapshot()` makes one. A snapshot
 * does not change.
 */
export class Snapshot {
  /** The snapshot without families. */
  static get empty(): Snapshot {
    return EMPTY;
  }

  /** The whole, to be stored or sent. */
  readonly bytes: Bytes;
  private split: readonly SnapshotFamily[] | null = null;

  /** @internal Use {@link from}. */
  constructor(bytes: Bytes) {
    this.bytes = bytes;
  }

  /**
   * Returns the snapshot of these bytes.
   *
   * @param bytes what {@link bytes} of a snapshot was. They are not copied: do not change them
   * @throws TypeError if they are no Uint8Array; MpmetricsError `ERR_MPMETRICS_INVALID` if they are no whole snapshot, or
   *   one of another version
   */
  static from(bytes: Uint8Array): Snapshot {
    // Not `instanceof`: test runners and `vm` have a Uint8Array of their own.
    if (!types.isUint8Array(bytes)) throw unfit('bytes', 'a Uint8Array', bytes);
    const { buffer, byteOffset, byteLength } = bytes;
    const snapshot = made(Buffer.from(buffer, byteOffset, byteLength));
    snapshot.split = familiesOf(snapshot.bytes);
    return snapshot;
  }

  /** Returns a snapshot of families that were {@link families} of one application's snapshots. */
  static of(families: readonly SnapshotFamily[]): Snapshot {
    checkFamilies(families);
    const snapshot = made(Buffer.concat([MAGIC, ...families.map(({ bytes }) => bytes)]));
    snapshot.split = [...families];
    return snapshot;
  }

  /** Returns the snapshot of families that lie in no shared memory. */
  static ofRows(families: readonly ExtraFamily[], prefix: string): Snapshot {
    return made(native().snapshotOfRows(families as ExtraFamily[], prefix));
  }

  /**
   * Joins the snapshots of several applications, such as one for each host, as a scrape joins processes. Counters,
   * histograms and summaries are added up. Gauges are joined by their aggregator: `average` weighs each application with
   * the number of its processes and threads, and shared gauges are added up. Of a family that is kept as rows, the first
   * is taken.
   *
   * @param options instances: a name for each snapshot, which becomes the label `instance` of gauges with the aggregator
   *   `all`
   * @returns rejects with a TypeError for anything else than snapshots and their names, and with an MpmetricsError
   *   `ERR_MPMETRICS_INVALID` if the bytes of a snapshot are damaged
   */
  static async join(
    snapshots: readonly Snapshot[],
    options: { instances?: readonly string[] } = {},
  ): Promise<Snapshot> {
    if (typeof options !== 'object' || (options as unknown) === null) {
      throw unfit("join()'s options", 'an object', options);
    }
    const all = bytesOf(snapshots);
    const names = namesOf(options.instances, all.length);
    return whenDone(native().joinSnapshots(all, names, 'snapshot'));
  }

  /**
   * Adds up the counters, histograms and summaries of snapshots, and leaves everything else out. A summary whose
   * quantiles are those of a window (`maxAgeSeconds`) keeps its sum and count only.
   *
   * @returns rejects as {@link join} does
   */
  static async sum(snapshots: readonly Snapshot[]): Promise<Snapshot> {
    return whenDone(native().sumSnapshots(bytesOf(snapshots)));
  }

  /**
   * Its families.
   *
   * @throws MpmetricsError `ERR_MPMETRICS_INVALID` if the bytes are damaged
   */
  get families(): readonly SnapshotFamily[] {
    return (this.split ??= familiesOf(this.bytes));
  }

  /**
   * Returns what was counted since `base`, an earlier snapshot of the same application: its counters, histograms and
   * summaries minus those of `base`. Everything else stays as it is, also the quantiles of a window. Of a series that has
   * counted less than in `base`, nothing is subtracted: it was removed and made again. A histogram whose buckets have
   * changed since `base` has the bounds that both have.
   *
   * @returns the rest, and the series of `base` that were subtracted, which are the base of later snapshots. Rejects as
   *   {@link join} does
   */
  async minus(base: Snapshot): Promise<{ rest: Snapshot; base: Snapshot }> {
    const both = await known(native().subtractSnapshot(this.bytes, bytesIn('base', base)));
    return { rest: made(both[0]!), base: made(both[1]!) };
  }

  /** Returns the counters, histograms and summaries whose series a later snapshot does not have any more. */
  async missingIn(later: Snapshot): Promise<Snapshot> {
    return whenDone(native().missingSeries(this.bytes, bytesIn('later', later)));
  }

  /** Returns the counters, histograms and summaries without the series that `gone` has and none of `kept` has. */
  async without(gone: Snapshot, kept: readonly Snapshot[]): Promise<Snapshot> {
    return whenDone(
      native().withoutSeries(this.bytes, bytesIn('gone', gone), bytesOf(kept, 'kept')),
    );
  }

  /** Returns a snapshot with the same content whose families are deflated. All methods take such snapshots, too. */
  async packed(): Promise<Snapshot> {
    return whenDone(native().packSnapshot(this.bytes, true));
  }

  /** Returns a snapshot with the same content, with no family deflated. */
  async unpacked(): Promise<Snapshot> {
    return whenDone(native().packSnapshot(this.bytes, false));
  }

  /**
   * Returns the families as text.
   *
   * @returns rejects as {@link join} does, and with an Error for a Content-Type that is not supported
   */
  async text(options?: SnapshotOptions): Promise<string> {
    return known(native().printSnapshots([this.bytes], null, formatIn(options)));
  }

  /** Returns {@link text} as UTF-8. */
  async buffer(options?: SnapshotOptions): Promise<Bytes> {
    return known(native().joinSnapshots([this.bytes], null, formatIn(options)));
  }

  /** Returns the families as objects, in the form of `getMetricsAsJSON()`. */
  async json(): Promise<MetricRows[]> {
    const text = await known(native().printSnapshots([this.bytes], null, 'json'));
    const families = parseFamilies(text);
    const rows = native().snapshotRows([this.bytes]);
    return [...families.map((family) => jsonRows(family, ownDefaults)), ...rows.map(rowsOf)];
  }
}

/** Makes a snapshot. Not in the class, because a bundler renames a class that uses its own name. */
function made(bytes: Bytes): Snapshot {
  return new Snapshot(bytes);
}

async function whenDone(bytes: Promise<Bytes>): Promise<Snapshot> {
  return made(await known(bytes));
}

const EMPTY = made(MAGIC);

function familiesOf(bytes: Bytes): SnapshotFamily[] {
  try {
    return native()
      .snapshotFrames(bytes)
      .map(({ name, rows, start, end }) => ({ name, rows, bytes: bytes.subarray(start, end) }));
  } catch (error) {
    throw explained(error);
  }
}

function checkFamilies(families: readonly (Partial<SnapshotFamily> | null)[]): void {
  const isList = Array.isArray as (value: unknown) => boolean;
  if (isList(families) && families.every((one) => types.isUint8Array(one?.bytes))) return;
  throw unfit('families', 'an array of families of snapshots', families);
}

/** Returns the bytes of snapshots, which may be those of another copy of this package. */
function bytesOf(snapshots: readonly Snapshot[], argument = 'snapshots'): Bytes[] {
  if (!Array.isArray(snapshots)) throw unfit(argument, 'an array of snapshots', snapshots);
  return snapshots.map((one, i) => bytesIn(`${argument}[${i}]`, one as Snapshot));
}

function bytesIn(argument: string, snapshot: Snapshot): Bytes {
  const bytes = (snapshot as Partial<Snapshot> | null | undefined)?.bytes;
  if (types.isUint8Array(bytes)) return bytes;
  throw unfit(argument, 'a Snapshot', snapshot);
}

function namesOf(instances: readonly string[] | undefined, length: number): string[] | null {
  if (instances === undefined) return null;
  const fit =
    Array.isArray(instances) &&
    instances.length === length &&
    instances.every((name) => typeof name === 'string');
  if (!fit) throw unfit('instances', 'an array with a name for each snapshot', instances);
  return [...instances];
}

/** Waits for what native code returns. */
async function known<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw explained(error);
  }
}

/** Returns the error of this package for one of the native module, whose message names what the bytes lack. */
function explained(error: unknown): unknown {
  const code = codeOf(error) as ErrorCode;
  if (code !== 'ERR_MPMETRICS_INVALID' || error instanceof MpmetricsError) return error;
  const message = `the bytes are no snapshot of this version, or are damaged: expected ${messageOf(error)}`;
  return new MpmetricsError(code, message, error);
}

function formatIn({ contentType = PROMETHEUS_CONTENT_TYPE }: SnapshotOptions = {}):
  'text' | 'openmetrics' {
  if (!isSupported(contentType)) throw new Error(`Content type ${contentType} is unsupported`);
  return formatOf(contentType);
}

function rowsOf({ name, help, type, samples }: ExtraFamily): MetricRows {
  const values = samples.map((sample) => ({
    labels: Object.fromEntries(parseLabelText(sample.labels)),
    value: sample.value,
    ...(sample.name !== name && { metricName: sample.name }),
  }));
  return { name, help, type: type as MetricRows['type'], values, aggregator: 'sum' };
}

function native(): Binding {
  return requireBinding('a snapshot');
}
