// package.json's "main": where Pulumi's Node language host starts.
const Module = require('module');

/**
 * Pulumi's SDK loads the TypeScript compiler and npm's reader of dependency trees, a quarter of this program's start,
 * for functions that are sent to a cloud. There are none here, so the two come when somebody asks for them.
 */
const LATER = {
  typescript: (load) => new Proxy({}, { get: (_, name) => load()[name] }),
  '@npmcli/arborist': (load) => ({
    __esModule: true,
    get Arborist() {
      return load().Arborist;
    },
  }),
};

const loadModule = Module._load;
Module._load = function (request, parent, isMain) {
  const load = () => loadModule.call(this, request, parent, isMain);
  const isPulumis = parent?.filename?.includes('@pulumi') === true;
  return isPulumis && Object.hasOwn(LATER, request) ? LATER[request](load) : load();
};

module.exports = require('../tools/bundle.cjs').load('stacks/index.ts', [
  '@pulumi/pulumi',
  '@pulumi/rabbitmq',
  '@pulumi/docker',
]);
