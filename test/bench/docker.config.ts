/** The tests on containers, with the benchmarks in place of the tests. */
import * as path from 'node:path';
import type { ViteUserConfig } from 'vitest/config' with { 'resolution-mode': 'import' };
import tests from '../../vitest.docker.config';

const config: ViteUserConfig = {
  ...tests,
  root: path.resolve(__dirname, '../..'),
  test: { ...tests.test, include: ['test/docker/**/*.bench.ts'], maxWorkers: 1 },
};

export default config;
