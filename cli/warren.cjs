#!/usr/bin/env node
// TypeScript runs as it stands in the checkout: no build step, no stale output.
require('../tools/bundle.cjs').load('cli/main.ts', []).main();
