// package.json's "main": where Pulumi's Node language host starts.
module.exports = require('../tools/bundle.cjs').load('stacks/index.ts', [
  '@pulumi/pulumi',
  '@pulumi/rabbitmq',
]);
