import type { ViteUserConfig } from 'vitest/config' with { 'resolution-mode': 'import' };
import { LongestFirst } from './test/rigs/order';

const config: ViteUserConfig = {
  test: {
    include: ['test/**/*.test.ts'],
    // On real containers: vitest.docker.config.ts; on Kubernetes: vitest.k8s.config.ts.
    exclude: ['test/docker/**', 'test/k8s/**'],
    globalSetup: ['test/rigs/globalSetup.ts'],
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    // More than a small machine has processors: half of the time a test waits for a broker. Each has brokers of its own.
    maxWorkers: 3,
    // Of the tests of one file that may run at the same time: they wait for brokers.
    maxConcurrency: 20,
    // A limit against hanging, not a measure of speed: no test may depend on the machine's.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    reporters: ['default', './test/rigs/reporter.ts'],
    teardownTimeout: 60_000,
  },
};

export default config;
