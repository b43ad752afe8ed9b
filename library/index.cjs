// package.json's "exports": what `require('warren')` gives. TypeScript runs as it stands, as everywhere here.
module.exports = require('../tools/bundle.cjs').load('library/index.ts', [
  '@pulumi/pulumi',
  '@pulumi/rabbitmq',
  '@pulumi/docker',
  '@pulumi/kubernetes',
]);
