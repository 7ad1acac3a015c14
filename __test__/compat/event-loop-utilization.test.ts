/** The default metrics of the event loop's utilization, where Node.js cannot tell it. */
import { afterEach, describe, expect, test, vi } from 'vitest';

import { samples } from '../support/samples';
import { subjects } from '../support/subject';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Waits until the condition holds. */
async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe.each(subjects)('$name', ({ load }) => {
  test('counts no utilization while no time passes for the event loop', async () => {
    const client = await load();
    const still = vi
      .spyOn(performance, 'eventLoopUtilization')
      .mockImplementation((later) =>
        later === undefined
          ? { idle: 0, active: 0, utilization: 0 }
          : { idle: 0, active: 0, utilization: Number.NaN },
      );
    client.collectDefaultMetrics({ eventLoopUtilizationTimeout: 2 });
    await until(() => still.mock.calls.filter(([later]) => later !== undefined).length > 2);
    still.mockRestore();
    await until(async () => {
      const shown = samples(await client.register.metrics());
      return (shown.get('nodejs_eventloop_utilization_histogram_count') ?? 0) > 0;
    });
    const shown = samples(await client.register.metrics());
    expect(shown.get('nodejs_eventloop_utilization_histogram_sum')).not.toBeNaN();
    client.register.clear();
  });
});
