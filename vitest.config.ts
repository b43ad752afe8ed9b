import type { ViteUserConfig } from 'vitest/config' with { 'resolution-mode': 'import' };

const config: ViteUserConfig = {
  test: {
    include: ['test/**/*.test.ts'],
    // On real containers: vitest.docker.config.ts.
    exclude: ['test/docker/**'],
    globalSetup: ['test/rigs/globalSetup.ts'],
    pool: 'forks',
    // Two Pulumi engines at a time are what a small machine takes; a broker serves one test file at a time anyway, so
    // that a third one mostly waits.
    maxWorkers: 2,
    // A limit against hanging, not a measure of speed: no test may depend on the machine's.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: ['default', './test/rigs/reporter.ts'],
    teardownTimeout: 60_000,
  },
};

export default config;
