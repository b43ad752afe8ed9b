'use strict';
// Pulumi's Node language host starts this folder. The SDK looks for the pack's package.json where the process is.
process.chdir(__dirname);
require('../tools/bundle.cjs').load('policy/pack.ts', ['@pulumi/policy', 'google-protobuf']);
