/** Measures updates: nanoseconds per call of mpmetrics and of prom-client. */
import assert from 'node:assert/strict';
import mpmetrics from 'mpmetrics';
import promClient from 'prom-client';

import { median } from './numbers.mjs';
import { batch, nanoseconds } from './timing.mjs';

/** Number of calls of each row after which the totals of both clients are compared. */
const CHECKED_CALLS = 10_007;

/**
 * Returns the samples of a text, without those that differ between the clients: the durations that
 * `startTimer()` observed, and the quantiles, which both clients estimate.
 */
function samplesOf(text) {
  const lines = text
    .split('\n')
    .filter((line) => !/^(#|$|timed_(sum|bucket))|quantile=/.test(line));
  return lines.sort();
}

/** Checks after the measurement that the measured functions still count, and that both clients count the same. */
async function compareTotals(clients) {
  const [ours, theirs] = await Promise.all(
    clients.map(async ({ rows, registers, restart }) => {
      for (const register of registers) register.resetMetrics();
      restart();
      for (const { call } of rows) for (let i = 0; i < CHECKED_CALLS; i++) call();
      const texts = await Promise.all(registers.map((register) => register.metrics()));
      return samplesOf(texts.join(''));
    }),
  );
  const different = ours.findIndex((line, index) => line !== theirs[index]);
  if (different >= 0 || ours.length !== theirs.length) {
    throw new Error(
      `the clients counted differently: mpmetrics has ${ours.length} samples and prom-client ` +
        `${theirs.length}; the first that differs: ${ours[different]}, ${theirs[different]}`,
    );
  }
  assert.ok(ours.includes(`plain_total ${CHECKED_CALLS}`), 'the measured functions do not count');
}

/**
 * @param {{ rounds: number, seconds: number, say: (text: string) => void }} options `seconds` per row,
 *   client and round
 * @returns {Promise<{ title: string, target?: number, ours: number, theirs: number }[]>} nanoseconds
 */
export async function measureUpdates({ rounds, seconds, say }) {
  const clients = [];
  for (const [name, client] of Object.entries({ mpmetrics, promClient })) {
    const { warm, subjects } = await import(`./subjects.mjs?${name}`);
    warm(client);
    const made = subjects(client);
    const loops = made.rows.map(({ call, title }) => batch(call, `${name} ${title}`));
    clients.push({ ...made, loops, samples: [] });
  }
  const titles = clients[0].rows.map(({ title }) => title);
  for (let round = 0; round < rounds; round++) {
    say(`updates, round ${round + 1} of ${rounds}`);
    titles.forEach((_, row) => {
      // The order alternates, so that a slow minute of the machine affects both clients.
      const order = round % 2 === 0 ? clients : [...clients].reverse();
      for (const { loops, samples } of order) {
        (samples[row] ??= []).push(nanoseconds(loops[row], seconds));
      }
    });
  }
  await compareTotals(clients);
  return clients[0].rows.map(({ title, target }, row) => {
    const [ours, theirs] = clients.map(({ samples }) => median(samples[row]));
    return { title, target, ours, theirs };
  });
}
