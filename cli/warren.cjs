#!/usr/bin/env node
'use strict';
// What a fresh clone, or an old Node, would end in is a stack trace. Syntax that old Nodes can still read.
function begin() {
  try {
    require('../tools/bootstrap.cjs').checkNodeVersion(process.versions.node);
  } catch (error) {
    return error.message;
  }
  try {
    require.resolve('esbuild');
  } catch (error) {
    return (
      'warren: its npm packages are not installed. Run `npm ci` in ' + require('path').dirname(__dirname)
    );
  }
  // TypeScript runs as it stands in the checkout: no build step, no stale output.
  require('../tools/bundle.cjs').load('cli/main.ts', []).main();
}

const obstacle = begin();
if (obstacle !== undefined) {
  process.stderr.write(obstacle + '\n');
  process.exitCode = 2;
}
