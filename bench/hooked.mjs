/**
 * The process that `hooks.mjs` measures: what the hooks of one framework do for a request, without the framework and
 * without a connection. The requests and responses have the members that the hooks use.
 */
import assert from 'node:assert/strict';
import { subscribe } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';

import platformatic from '@platformatic/prom-client';
import mpmetrics from 'mpmetrics';
import promClient from 'prom-client';

import { BUNDLE, fastifyMetrics } from './applications.mjs';
import { percentile } from './numbers.mjs';
import { batch, nanoseconds } from './timing.mjs';

const { framework, rounds, seconds } = JSON.parse(process.argv[2]);

/** Number of calls after which the counts are compared. */
const CHECKED_CALLS = 1_000;
const PATTERN = '/users/:id';
const ASKED = '/users/7';

/** The connection of all requests. */
const socket = Object.assign(new EventEmitter(), { writable: true, destroyed: false });

class Response extends EventEmitter {
  statusCode = 200;
  writableEnded = false;
  writableFinished = false;
  socket = socket;

  finish() {
    this.writableEnded = this.writableFinished = true;
    this.emit('finish');
  }
}

/** Returns a function that does what Express does for a request with these middlewares. */
async function requestToExpress(...middlewares) {
  const { default: express } = await import('express');
  const app = express();
  const route = app.route(PATTERN);
  const next = () => {};
  return () => {
    const request = Object.create(app.request);
    Object.assign(request, {
      app,
      socket,
      baseUrl: '',
      method: 'GET',
      url: ASKED,
      originalUrl: ASKED,
    });
    const response = new Response();
    for (const middleware of middlewares) middleware(request, response, next);
    request.route = route;
    response.finish();
    response.emit('close');
  };
}

async function expressSubjects() {
  const { default: bundle } = await import('express-prom-bundle');
  const { httpMetrics } = await import('mpmetrics/express');
  return {
    nothing: { call: await requestToExpress() },
    mpmetrics: { call: await requestToExpress(httpMetrics()), client: mpmetrics },
    'express-prom-bundle': { call: await requestToExpress(bundle(BUNDLE)), client: promClient },
  };
}

/** Hooks by the instance of Fastify and the name of the hook. */
const hooks = new Map();

/** Notes the hooks of each instance, also those that a subscriber after this one adds when an instance is made. */
function noteHooks() {
  subscribe('fastify.initialization', ({ fastify }) => {
    const { addHook } = fastify;
    const noted = { onRequest: [], onResponse: [] };
    hooks.set(fastify, noted);
    fastify.addHook = function (name, hook) {
      noted[name]?.push(hook);
      return addHook.call(this, name, hook);
    };
  });
}

/** Returns a function that makes a request, and calls with it the hooks that a plugin has added to an instance. */
async function requestToFastify(plugin, options) {
  const { default: fastify } = await import('fastify');
  const app = fastify();
  const own = new Set(app.server.listeners('request'));
  if (plugin !== undefined) app.register(plugin, options);
  app.register(async (inner) => inner.get(PATTERN, async () => ''));
  await app.ready();
  const { onRequest, onResponse } = hooks.get(app);
  const listeners = app.server.listeners('request').filter((one) => !own.has(one));
  const routeOptions = { url: PATTERN, config: {} };
  const done = () => {};
  return () => {
    const raw = { method: 'GET', url: ASKED, socket };
    const response = new Response();
    const request = { raw, method: 'GET', url: ASKED, is404: false, routeOptions };
    const reply = { raw: response, statusCode: 200 };
    for (const hook of onRequest) hook(request, reply, done);
    for (const listener of listeners) listener(raw, response);
    response.finish();
    for (const hook of onResponse) hook(request, reply, done);
    response.emit('close');
  };
}

async function fastifySubjects() {
  noteHooks();
  const { default: plugin } = await import('fastify-metrics');
  const subjects = { nothing: { call: await requestToFastify() } };
  for (const [name, client] of Object.entries({
    'prom-client': promClient,
    '@platformatic/prom-client': platformatic,
  })) {
    const call = await requestToFastify(plugin, fastifyMetrics(client));
    subjects[`fastify-metrics with ${name}`] = { call, client };
  }
  // The last: this module adds a hook to all instances that are made after it was loaded.
  const { httpMetrics } = await import('mpmetrics/fastify');
  subjects.mpmetrics = { call: await requestToFastify(httpMetrics()), client: mpmetrics };
  return subjects;
}

/** Throws if a measured function does not count requests. */
async function expectCounted(name, { call, client }) {
  if (client === undefined) return;
  client.register.resetMetrics();
  for (let i = 0; i < CHECKED_CALLS; i++) call();
  const printed = await client.register.metrics();
  const counts = printed.matchAll(/^http_request_duration_seconds_count\{.* (\d+)$/gm);
  const all = [...counts].map(([, count]) => Number(count)).filter((count) => count > 0);
  assert.deepEqual(all, [CHECKED_CALLS], `the hooks of ${name} do not count`);
}

const subjects = Object.entries(
  await (framework === 'Express' ? expressSubjects() : fastifySubjects()),
);
const loops = subjects.map(([name, { call }]) => batch(call, name));
const samples = subjects.map(() => []);
for (let round = 0; round < rounds; round++) {
  const order = round % 2 === 0 ? [...loops.keys()] : [...loops.keys()].reverse();
  for (const subject of order) samples[subject].push(nanoseconds(loops[subject], seconds));
}
for (const [name, subject] of subjects) await expectCounted(name, subject);
const figures = subjects.map(([name], subject) => [name, percentile(samples[subject], 0.1)]);
process.send(Object.fromEntries(figures), () => process.exit());
