#!/usr/bin/env node
// TypeScript runs as it stands in the checkout: no build step, no stale output.
require('tsx/cjs');
require('./main.ts');
