/**
 * The clients that compatibility specs run against: prom-client, which is the oracle, and this package
 * on each storage. Every client is loaded afresh, with a default registry of its own.
 */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import type * as metrics from '../../ts/metrics';
import type * as hidden from '../../ts/metrics/hidden';
import type * as storage from '../../ts/storage';
import type { Client, Program, Subject } from './client';
import { stub } from './stub';
import { ORACLE, SUBJECT } from './client-bundles.mts';
import { runnable } from './runnable';

export type { Client, Program, Subject } from './client';

const runOracle = runnable(ORACLE);
const runSubject = runnable(SUBJECT);

const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mpmetrics-test-'));
let segments = 0;

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** prom-client itself. */
export const oracle: Subject = {
  name: 'prom-client',
  load: () => Promise.resolve(runOracle() as Client),
};

/** This package on memory storage. */
export const memory: Subject = { name: 'memory storage', load: fresh };

/** This package on heap storage: in a segment of its own. */
export const heap: Subject = {
  name: 'heap storage',
  async load() {
    const client = await fresh();
    client.configure({ segment: newSegment() });
    return client;
  },
};

/** A path for a segment that is removed after the tests of the file. */
export function newSegment(): string {
  return join(folder, `${String(++segments)}.heap`);
}

/** Whether this run is the one over cells updated by plain stores; the others are about the heap's cells only. */
const direct = (process.env['MPMETRICS_CELLS'] ?? 'direct') === 'direct';

/** This package's implementations. */
export const subjects: readonly Subject[] = direct ? [memory, heap] : [heap];

/**
 * Declares a test for each storage: the program's result is to be what it is with prom-client. And one that
 * a client which does nothing fails it.
 *
 * @param programs by title
 */
export function sameAsPromClient(programs: Record<string, Program>): void {
  describe.each(subjects)('$name', ({ load }) => {
    test.each(Object.entries(programs))('%s', async (_, program) => {
      const expected = await program(await oracle.load());
      const found = await program(await load());
      expect(found).toEqual(expected);
      // Order of keys and rows too: some compare serialised JSON.
      expect(JSON.stringify(found)).toBe(JSON.stringify(expected));
      expect(expected).toBeDefined();
    });
  });
  if (!direct) return;
  describe(stub.name, () => {
    test.each(Object.entries(programs))('fails: %s', async (_, program) => {
      const expected = await program(await oracle.load());
      const found = await outcome(program, await stub.load());
      expect(found).not.toEqual({ value: expected });
    });
  });
}

/** What a program yields or throws. */
export async function outcome(program: Program, client: Client): Promise<object> {
  try {
    return { value: await program(client) };
  } catch (error) {
    return { error };
  }
}

/** What a call throws, as text; 'nothing' if it throws nothing. */
export function thrown(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return described(error);
  }
  return 'nothing';
}

/** What a promise rejects with, as text; 'nothing' if it does not reject. */
export async function rejected(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'nothing',
    (error: unknown) => described(error),
  );
}

/** Anything at all, where the types forbid what prom-client's users do. */
export function any(value: unknown): never {
  return value as never;
}

/** What some of our messages say after prom-client's words; `compat/messages` has them in full. */
const BEHIND =
  /(?<=^(?:Value is not a valid|Delta is not a valid|Count is not a whole) number\b.*), for metric [\w:]+$|(?<=^Invalid metric name): .*$|(?<=^Invalid label name)\. At least one label name is invalid: .*$/s;

function described(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.constructor.name}: ${error.message.replace(BEHIND, '')}`;
}

/** What {@link SUBJECT} exports: modules by their path in `ts/`. */
interface Modules {
  index: Client;
  metrics: typeof metrics;
  'metrics/hidden': typeof hidden;
  storage: typeof storage;
}

/** Those of the copy that was loaded last. */
let loaded: Modules | undefined;

function fresh(): Promise<Client> {
  loaded = runSubject() as Modules;
  return Promise.resolve(loaded.index);
}

/**
 * A module of the copy that was loaded last, for specs that look inside.
 *
 * @param path in `ts/`, without an ending
 */
export function inside<P extends keyof Modules>(path: P): Modules[P] {
  if (loaded === undefined) throw new Error('nothing was loaded yet');
  return loaded[path];
}
