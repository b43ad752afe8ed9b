import type { ViteUserConfig } from 'vitest/config' with { 'resolution-mode': 'import' };

/** The end-to-end tests on a real Kubernetes: `npm run test:k8s`. */
const config: ViteUserConfig = {
  test: {
    include: ['test/k8s/**/*.test.ts'],
    globalSetup: ['test/rigs/k8s/globalSetup.ts'],
    pool: 'forks',
    // One cluster serves all of them; most of their time is waiting for pods.
    maxWorkers: 2,
    // A limit against hanging, not a measure of speed: no test may depend on the machine's.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    expect: { poll: { timeout: 120_000, interval: 200 } },
    reporters: ['default', './test/rigs/reporter.ts'],
    teardownTimeout: 60_000,
  },
};

export default config;
