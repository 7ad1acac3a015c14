/* global jest, test */
'use strict';
jest.mock('http', () => ({ request: require('./fakes.cjs').request('http') }));
jest.mock('https', () => ({ request: require('./fakes.cjs').request('https') }));
jest.mock('v8', () => ({ getHeapSpaceStatistics: require('./fakes.cjs').spaces }));
jest.mock('process', () => ({ platform: require('./fakes.cjs').platform }));

const fakes = require('./fakes.cjs');
const client = require(process.env.CLIENT);

/** Arguments of `useFakeTimers` by version. Jest 28 cannot replace `performance`: it is read-only since Node.js 19. */
const FAKED = { 26: ['modern'], 28: [{ doNotFake: ['performance'] }] };

const clock = {
  start: () => jest.useFakeTimers(...(FAKED[process.env.JEST] ?? [])),
  advance: (milliseconds) => jest.advanceTimersByTime(milliseconds),
  stop: () => jest.useRealTimers(),
};

test('the client uses modules that Jest mocks', async () => {
  fakes.record(__filename, await fakes.observe(client, clock));
});
