/** Reading segments of other applications: without a slot, without a store to them, and also when they are dead. */

import { requireBinding } from './binding';
import { PROMETHEUS_CONTENT_TYPE, type RegistryContentType } from './exposition';
import { decisiveVariables, directories, namedDirectory } from './meeting';
import type { PrintOptions } from './metrics';
import type { Binding, Bytes, ReadingParts, SegmentReading } from './native';
import { Snapshot } from './snapshot';

/**
 * Reads a segment once.
 *
 * @param path of its file
 * @param parts what is read beside facts about the segment
 * @returns rejects with an MpmetricsError's code, the path and the reason for a file that is no segment of this version,
 *   is damaged or truncated, or cannot be read
 */
export async function readSegment(path: string, parts: ReadingParts): Promise<SegmentReading> {
  return native().readSegment(path, parts);
}

/**
 * Returns the paths of the segments that are there: in the directory that `MPMETRICS_DIR` names; without that variable,
 * in all directories in which this package looks for segments, those in better ones first.
 */
export function segmentPaths(): string[] {
  const variables = decisiveVariables();
  const named = namedDirectory(variables);
  const parents = named === undefined ? directories(undefined, variables) : [named];
  return [...new Set(native().listSegments(parents))];
}

/**
 * Removes a segment, unless a process uses it.
 *
 * @returns the pids of the processes that use it; none if the segment is removed
 * @throws MpmetricsError for a file that is no segment of this version, belongs to another user, or is locked
 */
export function removeSegment(path: string): number[] {
  return native().removeSegment(path);
}

/** A segment as something that can be served like a registry. */
export class SegmentReader {
  readonly contentType: RegistryContentType = PROMETHEUS_CONTENT_TYPE;

  /** @param locate returns the path of the segment at each scrape, because an application that starts again has another */
  constructor(private readonly locate: () => Promise<string>) {}

  /** Returns the metrics of the whole application as text. Rejects as {@link readSegment} does. */
  async metrics({ contentType = this.contentType }: PrintOptions = {}): Promise<string> {
    return (await this.snapshot()).text({ contentType });
  }

  /** Returns {@link metrics} as UTF-8. */
  async metricsBuffer({ contentType = this.contentType }: PrintOptions = {}): Promise<Bytes> {
    return (await this.snapshot()).buffer({ contentType });
  }

  private async snapshot(): Promise<Snapshot> {
    const { snapshot } = await readSegment(await this.locate(), 'application');
    return Snapshot.from(snapshot!);
  }
}

function native(): Binding {
  return requireBinding('reading a segment');
}
