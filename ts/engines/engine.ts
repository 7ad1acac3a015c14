/** The contract of engines, and their options. */

import { unfit } from '../errors';
import type { RegistryContentType } from '../exposition';
import type { RegistryLike } from '../metrics';
import type { Snapshot } from '../snapshot';

/**
 * Takes an application's metrics beyond its machine. One isolate of the application, the elected one, pushes for all.
 * Now and then two isolates may push for a moment, and a push may be repeated, so a push must send the state that it is
 * given, and must not add it to what was sent before.
 */
export interface Engine {
  /**
   * Names the engine in its statistics, its warnings and its election: of the engines with the same name in all
   * processes and threads of an application, one pushes.
   */
  readonly name: string;
  /**
   * Sends the metrics. The promise has to settle: there is no further push until then, and `close()` waits for it. So
   * `push` must not wait for `flush()` or `close()` of the running engine. An error may have a `reason`, a short word
   * such as `unreachable` or `full`, by which it is counted.
   */
  push(snapshot: Snapshot): Promise<void>;
  /** Returns what other applications pushed. */
  pull?(): Promise<readonly Snapshot[]>;
  /** Ends connections. Called once in each isolate that started the engine, after the last push. */
  close?(): Promise<void>;
}

/** Options of `startEngine()`. */
export interface EngineOptions {
  /** The registry that is pushed, and that shows the engine's statistics; the default registry if left out. */
  register?: RegistryLike<RegistryContentType>;
  /** Seconds between two pushes; 15 if left out. */
  intervalSeconds?: number;
}

/** An engine that was started in this isolate. */
export interface RunningEngine {
  /** Whether this isolate pushes for the application. False until it has been elected, and after `close()`. */
  readonly elected: boolean;
  /**
   * Pushes now, after the push that is under way, if this isolate is elected.
   *
   * @returns rejects with the error of the push, which is counted as any other
   */
  flush(): Promise<void>;
  /**
   * Ends the engine in this isolate. If the isolate is elected, it first pushes one last time. Then another isolate is
   * elected within one interval. An error is counted, and a warning tells it; the promise does not reject.
   */
  close(): Promise<void>;
}

/** Seconds between two pushes, unless configured. */
const INTERVAL = 15;
/** Most seconds between two pushes: a day. */
const LONGEST = 86_400;

/**
 * Returns the milliseconds of an option `intervalSeconds`.
 *
 * @throws TypeError for anything but a number of seconds up to a day
 */
export function intervalOf(intervalSeconds: unknown = INTERVAL): number {
  if (typeof intervalSeconds === 'number' && intervalSeconds > 0 && intervalSeconds <= LONGEST) {
    return intervalSeconds * 1000;
  }
  throw unfit('intervalSeconds', `a number above 0, at most ${LONGEST}`, intervalSeconds);
}

/** Throws for an object that is no engine. */
export function checkEngine(engine: unknown): void {
  if (typeof engine !== 'object' || engine === null) {
    throw unfit('engine', 'an object with a name and a method push', engine);
  }
  const { name, push, pull, close } = engine as Partial<Record<keyof Engine, unknown>>;
  if (typeof name !== 'string' || name === '') {
    throw unfit("the engine's name", 'a text that is not empty', name);
  }
  if (typeof push !== 'function') throw unfit(`push of the engine ${name}`, 'a function', push);
  for (const [method, value] of Object.entries({ pull, close })) {
    if (value !== undefined && typeof value !== 'function') {
      throw unfit(`${method} of the engine ${name}`, 'a function, or left out', value);
    }
  }
}
