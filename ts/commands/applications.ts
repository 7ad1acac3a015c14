/** Applications and their segments: which are there, and which one a command's argument means. */

import { basename, isAbsolute, resolve } from 'path';

import { codeOf, messageOf } from '../errors';
import { decisiveVariables } from '../meeting';
import type { SegmentFacts } from '../native';
import { readSegment, segmentPaths } from '../segment-reader';
import { Misuse } from './command';

/** A segment that can be read. */
export interface Application {
  readonly path: string;
  readonly facts: SegmentFacts;
}

/** A segment that cannot be read. */
export interface Unreadable {
  readonly path: string;
  readonly reason: string;
}

/** What was found where this package keeps segments. */
export interface Found {
  readonly applications: readonly Application[];
  readonly unreadable: readonly Unreadable[];
}

/** What an argument means if several applications fit: one that lives, or one that is dead. */
export type Wanted = 'living' | 'dead';

/** Reads the facts of all segments: those in the directories of this package, and that of `MPMETRICS_SEGMENT`. */
export async function findApplications(): Promise<Found> {
  const named = decisiveVariables()['MPMETRICS_SEGMENT'] ?? '';
  const paths = new Set([...segmentPaths(), ...(isAbsolute(named) ? [named] : [])]);
  const applications: Application[] = [];
  const unreadable: Unreadable[] = [];
  for (const path of paths) {
    try {
      const { facts } = await readSegment(path, 'none');
      if (!facts.retired) applications.push({ path, facts });
    } catch (error) {
      // The segment was removed after it was listed; or the variable names one that is not made yet.
      if (!isMissing(error)) unreadable.push({ path, reason: messageOf(error) });
    }
  }
  return { applications, unreadable };
}

/** Returns the name of an application: that of its package, or else that of its segment. */
export function nameOf({ path, facts }: Application): string {
  return facts.name ?? segmentName(path);
}

function segmentName(path: string): string {
  return basename(path).replace(/\.heap$/, '');
}

/** Whether an argument can only be the path of a segment, and not the name of a package, such as `@scope/shop`. */
function isPath(app: string): boolean {
  return app.endsWith('.heap') || (app.includes('/') && !app.startsWith('@'));
}

/** Whether an argument names an application: by path, pid or name. */
function fits(app: string, application: Application): boolean {
  const { path, facts } = application;
  if (/^\d+$/.test(app)) {
    const pid = Number(app);
    return facts.root?.pid === pid || facts.writers.some((writer) => writer.pid === pid);
  }
  return app === nameOf(application) || app === segmentName(path);
}

/**
 * Returns the application that an argument means.
 *
 * @param app a package's name, a pid, a path, or undefined for the only one
 * @returns rejects with a {@link Misuse} that lists the candidates if it means none or several, and with an Error for a
 *   path that is no segment
 */
export async function chooseApplication(
  app: string | undefined,
  wanted: Wanted = 'living',
): Promise<Application> {
  if (app !== undefined && isPath(app)) {
    const path = resolve(app);
    return { path, facts: (await readSegment(path, 'none')).facts };
  }
  const found = await findApplications();
  const named = app === undefined ? [...found.applications] : all(app, found);
  const first = named.filter(({ facts }) => facts.lives === (wanted === 'living'));
  // Without an argument, only the living ones count: there may be any number of dead ones.
  const candidates = first.length > 0 || app === undefined ? first : named;
  if (candidates.length === 1) return candidates[0]!;
  throw new Misuse(complaint(app, candidates, found));
}

/** Returns the application that an argument names; null if it names none. Rejects as {@link chooseApplication} does. */
export async function namedApplication(app: string): Promise<Application | null> {
  if (isPath(app)) return chooseApplication(app);
  return all(app, await findApplications()).length === 0 ? null : chooseApplication(app);
}

function all(app: string, { applications }: Found): Application[] {
  return applications.filter((application) => fits(app, application));
}

function complaint(
  app: string | undefined,
  candidates: readonly Application[],
  { applications, unreadable }: Found,
): string {
  const others = candidates.length > 0 ? candidates : applications;
  const list = others.map((one) => `\n  ${line(one)}`).join('');
  const refused = unreadable.map(({ reason }) => `\n  not readable: ${reason}`).join('');
  if (candidates.length > 0) {
    const what =
      app === undefined
        ? 'several applications live'
        : `several applications are ${JSON.stringify(app)}`;
    return `${what}: name one by its pid or path${list}`;
  }
  const what =
    app === undefined
      ? 'no application of this user lives'
      : `there is no application ${JSON.stringify(app)}`;
  const there = app === undefined ? 'a dead one can be named' : 'there are';
  const rest =
    list === '' ? '; there are no segments where mpmetrics looks for them' : `; ${there}:${list}`;
  return `${what}${rest}${refused}`;
}

/** Returns a line that tells an application from others. */
function line(application: Application): string {
  const { path, facts } = application;
  const pid = facts.root?.pid ?? facts.writers.find(({ lives }) => lives)?.pid;
  const known = pid === undefined ? '' : `pid ${pid}, `;
  return `${nameOf(application)} (${known}${facts.lives ? 'live' : 'dead'}): ${path}`;
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ERR_MPMETRICS_IO' && /os error 2\)/.test(messageOf(error));
}
