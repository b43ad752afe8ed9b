import { availableParallelism } from 'node:os';
import type { ViteUserConfig } from 'vitest/config' with { 'resolution-mode': 'import' };

const config: ViteUserConfig = {
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/rigs/globalSetup.ts'],
    pool: 'forks',
    // Many tests wait for what a broker does in its own time, so there is one more than processors. A broker serves one
    // test file at a time anyway.
    maxWorkers: Math.min(availableParallelism() + 1, 4),
    // A limit against hanging, not a measure of speed: no test may depend on the machine's.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: ['default', './test/rigs/reporter.ts'],
    teardownTimeout: 60_000,
  },
};

export default config;
