/** Engines: they take an application's metrics beyond its machine, from one elected process. */

import { messageOf, unfit, warnOnce } from '../errors';
import { warnOfMisspelt } from '../metrics';
import { contentsOf, register as defaultRegister, type Registry } from '../registry';
import { ApplicationElection } from './election';
import {
  checkEngine,
  intervalOf,
  type Engine,
  type EngineOptions,
  type RunningEngine,
} from './engine';
import { Pusher } from './pusher';
import { Statistics } from './statistics';

export { ApplicationElection, type Election } from './election';
export { intervalOf, type Engine, type EngineOptions, type RunningEngine } from './engine';
export { Pusher } from './pusher';

/** The names of {@link EngineOptions}. */
const OPTIONS: readonly (keyof EngineOptions)[] = ['register', 'intervalSeconds'];

/**
 * Starts an engine. Each process and thread of the application may call this: one of them, the elected one, pushes the
 * metrics of the whole application, at once and then in each interval. When its process dies, its thread ends or it
 * closes the engine, another one goes on within one interval. A process that is stopped (SIGSTOP) stays elected, and
 * nothing is pushed until it goes on. In memory storage each isolate is an application of its own.
 *
 * This keeps no process alive. A push that fails is counted in `mpmetrics_engine_errors_total`, causes one warning with
 * the code `MPMETRICS_ENGINE` for each reason, and is tried again in the next interval.
 *
 * @param engine where the metrics go
 * @param options which registry is pushed, and how often
 * @returns the engine's state in this isolate, and functions to push now and to end it
 * @throws TypeError for an object that is no engine and for an invalid option; Error if the program has given the
 *   registry a metric with the name of one of the statistics
 */
export function startEngine(engine: Engine, options: EngineOptions = {}): RunningEngine {
  checkEngine(engine);
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw unfit("startEngine()'s options", 'an object', options);
  }
  const { register = defaultRegister, intervalSeconds } = options;
  if (!isSnapshotted(register)) {
    throw unfit('register', 'a registry of this package', register);
  }
  const milliseconds = intervalOf(intervalSeconds);
  warnOfMisspelt(options, OPTIONS, 'startEngine()');
  const { name } = engine;
  const task = {
    election: new ApplicationElection(name),
    // Named, because MPMETRICS_SCOPE=process would narrow it to what the elected process counted.
    push: async () => engine.push(await register.snapshot({ scope: 'application' })),
    ...(engine.close && { close: () => engine.close!() }),
    warn: warnerOf(name),
    statistics: statisticsOf(register, name),
  };
  return new Pusher(task, milliseconds);
}

/** Whether an object is a registry of this package, and not of prom-client. */
function isSnapshotted(register: unknown): register is Pick<Registry, 'snapshot'> {
  return typeof (register as Partial<Registry> | null)?.snapshot === 'function';
}

/** Returns a function that warns of an engine's errors, once for each reason. */
export function warnerOf(name: string): (error: unknown, reason: string) => void {
  return (error, reason) => {
    const message = `the engine ${name} failed, and tries again: ${messageOf(error)}`;
    warnOnce('MPMETRICS_ENGINE', message, `${name} ${reason}`);
  };
}

/** Returns the statistics of an engine; null if the registry is none of this package, and cannot show them. */
export function statisticsOf(register: object, name: string): Statistics | null {
  return contentsOf(register) === undefined ? null : new Statistics(register as Registry, name);
}
