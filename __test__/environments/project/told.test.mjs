import { createRequire } from 'node:module';

import { expect, test, vi } from 'vitest';

import clock from './clock.cjs';

test('fake timers', async () => {
  const client = createRequire(import.meta.url)(process.env.CLIENT);
  vi.useFakeTimers({ toFake: ['Date', 'hrtime', 'performance', 'setTimeout', 'setInterval'] });
  const seen = await clock.told(client, {
    set: (ms) => vi.setSystemTime(ms),
    advance: (ms) => vi.advanceTimersByTime(ms),
  });
  vi.useRealTimers();
  expect(seen).toEqual(JSON.parse(process.env.EXPECTED));
});
