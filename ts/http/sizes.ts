/** Sizes of the bodies of requests and responses. */

import type { HandlerRequest, HandlerResponse } from '../serving/handler';

/** The sizes of the two bodies of a request, in bytes. They are final when the request has ended. */
export interface BodySizes {
  /** Undefined if it is not known. */
  readonly request: number | undefined;
  /** Undefined if it is not known. */
  readonly response: number | undefined;
}

/** Statuses of responses of which Node.js sends no body, whatever the program writes. */
const BODILESS: readonly (number | undefined)[] = [204, 304];

/** The method of a request that Node.js calls with each part of the body. */
interface Arriving {
  push: (...given: unknown[]) => unknown;
}

/** The members of a response with which a program writes the body. */
interface Written {
  readonly writableEnded?: boolean;
  write: (...given: unknown[]) => unknown;
  end: (...given: unknown[]) => unknown;
}

/** Counts the bytes of the bodies of a request and its response. It counts those that pass after its constructor. */
export class CountedBodies implements BodySizes {
  /** What the client announced; undefined if it announced no size. */
  private readonly announced: number | undefined;
  private arrived = 0;
  private written = 0;

  /** Replaces methods of the request and the response by ones that count. */
  constructor(
    private readonly incoming: HandlerRequest,
    private readonly outgoing: HandlerResponse,
  ) {
    this.announced = announcedSize(incoming.headers['content-length']?.toString());
    if (this.announced === undefined) this.countArrivals(incoming as unknown as Arriving);
    this.countWrites(outgoing as unknown as Written);
  }

  /** The `Content-Length`; without it, the bytes that arrived. */
  get request(): number {
    return this.announced ?? this.arrived;
  }

  /** The bytes that were written, compressed if a middleware compresses them. */
  get response(): number {
    const bodiless = this.incoming.method === 'HEAD' || BODILESS.includes(this.outgoing.statusCode);
    return bodiless ? 0 : this.written;
  }

  /** Node.js gives each part of a body to the request's `push()`, and null after the last. */
  private countArrivals(request: Arriving): void {
    const { push } = request;
    request.push = (...given) => {
      this.arrived += bytesOf(given);
      return push.apply(request, given);
    };
  }

  private countWrites(response: Written): void {
    const { write, end } = response;
    // `end()` of HTTP/2 calls `write()`.
    let ending = false;
    const count = (given: readonly unknown[]) => {
      if (!ending && response.writableEnded !== true) this.written += bytesOf(given);
    };
    response.write = (...given) => {
      count(given);
      return write.apply(response, given);
    };
    response.end = (...given) => {
      count(given);
      const outer = ending;
      ending = true;
      try {
        return end.apply(response, given);
      } finally {
        ending = outer;
      }
    };
  }
}

/** Returns the size that a `Content-Length` announces; undefined if it announces none. */
export function announcedSize(header: string | null | undefined): number | undefined {
  return /^\d+$/.test(header ?? '') ? Number(header) : undefined;
}

/** Returns the bytes of the part of a body that a method was given, and 0 if it was given none. */
function bytesOf([part, encoding]: readonly unknown[]): number {
  if (part instanceof Uint8Array) return part.byteLength;
  if (typeof part !== 'string') return 0;
  return Buffer.byteLength(
    part,
    typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8',
  );
}
