/* global jest, test */
'use strict';
jest.mock('http', () => ({ request: require('./fakes.cjs').request('http') }));
jest.mock('https', () => ({ request: require('./fakes.cjs').request('https') }));
jest.mock('v8', () => ({ getHeapSpaceStatistics: require('./fakes.cjs').spaces }));
jest.mock('process', () => ({ platform: require('./fakes.cjs').platform }));

const fakes = require('./fakes.cjs');
const client = require(process.env.CLIENT);

const clock = {
  start: () => jest.useFakeTimers(...(process.env.JEST === '26' ? ['modern'] : [])),
  advance: (milliseconds) => jest.advanceTimersByTime(milliseconds),
  stop: () => jest.useRealTimers(),
};

test('what Jest mocks reaches the client', async () => {
  fakes.record(__filename, await fakes.observe(client, clock));
});
