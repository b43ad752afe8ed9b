import type { ViteUserConfig } from 'vitest/config' with { 'resolution-mode': 'import' };

/** The end-to-end tests on real containers: `npm run test:docker`. */
const config: ViteUserConfig = {
  test: {
    include: ['test/docker/**/*.test.ts'],
    globalSetup: ['test/rigs/docker/globalSetup.ts'],
    pool: 'forks',
    // One engine serves all of them; most of their time is waiting for containers.
    maxWorkers: 2,
    // A limit against hanging, not a measure of speed: no test may depend on the machine's.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    expect: { poll: { timeout: 60_000 } },
    reporters: ['default', './test/rigs/reporter.ts'],
    teardownTimeout: 60_000,
  },
};

export default config;
