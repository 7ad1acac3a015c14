/**
 * The clients that compatibility specs run against: prom-client, which is the oracle, and this package
 * on each storage. Each load makes a new copy of a client, with a default registry of its own.
 */

import { describe, expect, test } from 'vitest';

import type * as backends from '../../ts/backends';
import MapBackend from '../../examples/map-backend.mjs';
import type * as automatic from '../../ts/http/automatic';
import type * as express from '../../ts/http/express';
import type * as fastify from '../../ts/http/fastify';
import type * as hono from '../../ts/http/hono';
import type * as http from '../../ts/http/index';
import type * as koa from '../../ts/http/koa';
import type * as nest from '../../ts/http/nest';
import type * as metrics from '../../ts/metrics';
import type * as hidden from '../../ts/metrics/hidden';
import type * as storage from '../../ts/storage';
import type * as testing from '../../ts/testing';
import type { Client, Program, Subject } from './client';
import { stub } from './stub';
import { ORACLE, SUBJECT } from './client-bundles.mts';
import { runnable } from './runnable';
import { newSegment } from './segments';

export type { Client, Program, Subject } from './client';

const runOracle = runnable(ORACLE);
const runSubject = runnable(SUBJECT);

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

/** This package on a backend of cells in a Map. */
const cells: Subject = {
  name: 'a backend of cells',
  async load() {
    const client = await fresh();
    client.configure({ backend: new MapBackend() });
    return client;
  },
};

/** True in the run with the direct update path. The runs with other update paths test heap storage only. */
const direct = (process.env['MPMETRICS_CELLS'] ?? 'direct') === 'direct';

/** This package's implementations. */
export const subjects: readonly Subject[] =
  process.env['MPMETRICS_TEST_CELLS'] === 'backend' ? [cells] : direct ? [memory, heap] : [heap];

/**
 * Declares a test for each storage, which expects the result that the program has with prom-client; and a test which
 * expects another result with a client that does nothing.
 *
 * @param programs by title
 */
export function sameAsPromClient(programs: Record<string, Program>): void {
  describe.each(subjects)('$name', ({ load }) => {
    test.each(Object.entries(programs))('%s', async (_, program) => {
      const expected = await program(await oracle.load());
      const found = await program(await load());
      expect(found).toEqual(expected);
      // The order of keys and rows is the same, too, because some users compare serialised JSON.
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

/** Returns the result or the error of a program. */
export async function outcome(program: Program, client: Client): Promise<object> {
  try {
    return { value: await program(client) };
  } catch (error) {
    return { error };
  }
}

/** Returns the error that a call throws, as text; 'nothing' if it throws nothing. */
export function thrown(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return described(error);
  }
  return 'nothing';
}

/** Returns the error with which a promise rejects, as text; 'nothing' if it does not reject. */
export async function rejected(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'nothing',
    (error: unknown) => described(error),
  );
}

/** Gives a value any type, for uses that the types forbid and that prom-client's users have. */
export function any(value: unknown): never {
  return value as never;
}

/** The texts that some of our messages add after prom-client's words; `compat/messages` has the full messages. */
const BEHIND =
  /(?<=^(?:Value is not a valid|Delta is not a valid|Count is not a whole) number\b.*), for metric [\w:]+$|(?<=^Invalid metric name): .*$|(?<=^Invalid label name)\. At least one label name is invalid: .*$/s;

function described(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.constructor.name}: ${error.message.replace(BEHIND, '')}`;
}

/** The exports of {@link SUBJECT}: modules by their path in `ts/`. */
interface Modules {
  backends: typeof backends;
  index: Client;
  metrics: typeof metrics;
  'metrics/hidden': typeof hidden;
  storage: typeof storage;
  'http/automatic': typeof automatic;
  'http/express': typeof express;
  'http/fastify': typeof fastify;
  'http/hono': typeof hono;
  'http/index': typeof http;
  'http/koa': typeof koa;
  'http/nest': typeof nest;
  testing: typeof testing;
}

/** The modules of the copy that was loaded last. */
let loaded: Modules | undefined;

function fresh(): Promise<Client> {
  loaded = runSubject() as Modules;
  return Promise.resolve(loaded.index);
}

/**
 * Returns a module of the copy that was loaded last, for specs that read internals.
 *
 * @param path in `ts/`, without an ending
 */
export function inside<P extends keyof Modules>(path: P): Modules[P] {
  if (loaded === undefined) throw new Error('nothing was loaded yet');
  return loaded[path];
}
