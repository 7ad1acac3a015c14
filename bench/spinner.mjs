/** Measures how long an event loop is blocked, which is how long a request would have to wait. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds for which the control blocks the event loop. */
const CONTROL_MS = 5;

export class Spinner {
  #spinning = false;
  #last = 0;
  #largest = 0;

  start() {
    this.#spinning = true;
    this.#largest = 0;
    this.#last = performance.now();
    this.#turn();
  }

  #turn() {
    const now = performance.now();
    this.#largest = Math.max(this.#largest, now - this.#last);
    this.#last = now;
    if (this.#spinning) setImmediate(() => this.#turn());
  }

  /** @returns {number} the largest gap between two turns of the event loop; milliseconds */
  stop() {
    this.#turnEnded();
    return this.#largest;
  }

  #turnEnded() {
    this.#spinning = false;
    this.#largest = Math.max(this.#largest, performance.now() - this.#last);
  }
}

/** Returns the largest gap while an action runs, in milliseconds. */
export async function largestGap(action) {
  const spinner = new Spinner();
  spinner.start();
  await sleep(2);
  await action();
  await sleep(2);
  return spinner.stop();
}

/** Blocks the event loop on purpose, and returns the gap that the spinner sees. Throws if that is too short. */
export async function control() {
  const gap = await largestGap(async () => {
    await sleep(1);
    const end = performance.now() + CONTROL_MS;
    while (performance.now() < end);
  });
  assert.ok(gap >= CONTROL_MS, `the spinner saw ${gap} ms of a ${CONTROL_MS} ms busy loop`);
  return gap;
}
