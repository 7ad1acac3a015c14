import { defineConfig } from 'vitest/config';

const ci = process.env['CI'] !== undefined && process.env['CI'] !== '';

export default defineConfig({
  test: {
    include: ['__test__/**/*.test.ts'],
    // Tests start processes and send them load: a machine of two cores is slow at that.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    reporters: ci ? ['default', './__test__/support/no-skip-reporter.ts'] : ['default'],
  },
});
