/* global expect, jest, test */
'use strict';
const { told } = require('./clock.cjs');

test('fake timers', async () => {
  const client = require(process.env.CLIENT);
  jest.useFakeTimers();
  const seen = await told(client, {
    set: (ms) => jest.setSystemTime(ms),
    advance: (ms) => jest.advanceTimersByTime(ms),
  });
  jest.useRealTimers();
  expect(seen).toEqual(JSON.parse(process.env.EXPECTED));
});
