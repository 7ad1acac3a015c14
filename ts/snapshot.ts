/** What an application has counted at one moment, as a value that can be stored, joined with others, and printed. */

import { bindingFailure, loadBinding } from './binding';
import { MpmetricsError, unfit } from './errors';
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
  static readonly empty = new Snapshot(MAGIC);

  /** The whole, to be stored or sent. */
  readonly bytes: Bytes;
  private split: readonly SnapshotFamily[] | null = null;

  private constructor(bytes: Bytes) {
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
    if (!((bytes as unknown) instanceof Uint8Array)) throw unfit('bytes', 'a Uint8Array', bytes);
    const { buffer, byteOffset, byteLength } = bytes;
    const snapshot = new Snapshot(Buffer.from(buffer, byteOffset, byteLength));
    snapshot.split = familiesOf(snapshot.bytes);
    return snapshot;
  }

  /** Returns a snapshot of families that were {@link families} of one application's snapshots. */
  static of(families: readonly SnapshotFamily[]): Snapshot {
    const snapshot = new Snapshot(Buffer.concat([MAGIC, ...families.map(({ bytes }) => bytes)]));
    snapshot.split = [...families];
    return snapshot;
  }

  /** Returns the snapshot of families that lie in no shared memory. */
  static ofRows(families: readonly ExtraFamily[], prefix: string): Snapshot {
    return new Snapshot(native().snapshotOfRows(families as ExtraFamily[], prefix));
  }

  /**
   * Joins the snapshots of several applications, such as one for each host, as a scrape joins processes. Counters,
   * histograms and summaries are added up. Gauges are joined by their aggregator: `average` weighs each application with
   * the number of its processes and threads, and shared gauges are added up. Of a family that is kept as rows, the first
   * is taken.
   *
   * @param options instances: a name for each snapshot, which becomes the label `instance` of gauges with the aggregator
   *   `all`
   * @returns rejects with an MpmetricsError `ERR_MPMETRICS_INVALID` if the bytes of a snapshot are damaged
   */
  static async join(
    snapshots: readonly Snapshot[],
    { instances }: { instances?: readonly string[] } = {},
  ): Promise<Snapshot> {
    if (instances !== undefined && instances.length !== snapshots.length) {
      throw unfit('instances', 'a name for each snapshot', instances);
    }
    const names = instances === undefined ? null : [...instances];
    return new Snapshot(await native().joinSnapshots(bytesOf(snapshots), names, 'snapshot'));
  }

  /**
   * Adds up the counters, histograms and summaries of snapshots, and leaves everything else out. A summary whose
   * quantiles are those of a window (`maxAgeSeconds`) keeps its sum and count only.
   *
   * @returns rejects as {@link join} does
   */
  static async sum(snapshots: readonly Snapshot[]): Promise<Snapshot> {
    return new Snapshot(await native().sumSnapshots(bytesOf(snapshots)));
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
   * summaries minus those of `base`. Everything else stays as it is. Of a series that has counted less than in `base`,
   * nothing is subtracted: it was removed and made again.
   *
   * @returns the rest, and the series of `base` that were subtracted, which are the base of later snapshots. Rejects as
   *   {@link join} does
   */
  async minus(base: Snapshot): Promise<{ rest: Snapshot; base: Snapshot }> {
    const both = await native().subtractSnapshot(this.bytes, base.bytes);
    return { rest: new Snapshot(both[0]!), base: new Snapshot(both[1]!) };
  }

  /** Returns the counters, histograms and summaries whose series a later snapshot does not have any more. */
  async missingIn(later: Snapshot): Promise<Snapshot> {
    return new Snapshot(await native().missingSeries(this.bytes, later.bytes));
  }

  /** Returns the counters, histograms and summaries without the series that `gone` has and none of `kept` has. */
  async without(gone: Snapshot, kept: readonly Snapshot[]): Promise<Snapshot> {
    return new Snapshot(await native().withoutSeries(this.bytes, gone.bytes, bytesOf(kept)));
  }

  /** Returns a snapshot with the same content whose families are deflated. All methods take such snapshots, too. */
  async packed(): Promise<Snapshot> {
    return new Snapshot(await native().packSnapshot(this.bytes, true));
  }

  /** Returns a snapshot with the same content, with no family deflated. */
  async unpacked(): Promise<Snapshot> {
    return new Snapshot(await native().packSnapshot(this.bytes, false));
  }

  /**
   * Returns the families as text.
   *
   * @returns rejects as {@link join} does, and with an Error for a Content-Type that is not supported
   */
  async text(options?: SnapshotOptions): Promise<string> {
    return native().printSnapshots([this.bytes], null, formatIn(options));
  }

  /** Returns {@link text} as UTF-8. */
  async buffer(options?: SnapshotOptions): Promise<Bytes> {
    return native().joinSnapshots([this.bytes], null, formatIn(options));
  }

  /** Returns the families as objects, in the form of `getMetricsAsJSON()`. */
  async json(): Promise<MetricRows[]> {
    const families = parseFamilies(await native().printSnapshots([this.bytes], null, 'json'));
    const rows = native().snapshotRows([this.bytes]);
    return [...families.map((family) => jsonRows(family, ownDefaults)), ...rows.map(rowsOf)];
  }
}

function familiesOf(bytes: Bytes): SnapshotFamily[] {
  return native()
    .snapshotFrames(bytes)
    .map(({ name, rows, start, end }) => ({ name, rows, bytes: bytes.subarray(start, end) }));
}

function bytesOf(snapshots: readonly Snapshot[]): Bytes[] {
  return snapshots.map(({ bytes }) => bytes);
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
  const binding = loadBinding();
  if (binding !== null) return binding;
  const reason = bindingFailure() ?? 'it is missing';
  throw new MpmetricsError(
    'ERR_MPMETRICS_UNSUPPORTED',
    `a snapshot needs the native module: ${reason}`,
  );
}
