/** Serves a package of broker objects: its calls, answered by the handlers that all types of objects share. */
import type { Claims } from './claims';
import type { Package, Plugin } from './plugin';
import type { PluginHost, Service } from './serve';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { openClaims } from './claims';
import * as handlers from './handlers';
import { handshake, pluginInfo, schemaOf } from './messages';
import { openRecreations } from './recreations';
import { serve } from './serve';

export function servePackage(served: Package): void {
  serve((host) => open(served, host));
}

function open(served: Package, { engineAddress, log, onWait }: PluginHost): Service {
  let claims: Claims | undefined;
  const plugin: Plugin = {
    package: served,
    environment: process.env,
    log,
    onWait,
    claims: () => (claims ??= openClaims(engineAddress ?? `no engine, process ${process.pid}`)),
    touched: new Set(),
    checked: new Map(),
    recreations: openRecreations(),
    isCancelled: false,
  };
  return { methods: methodsOf(plugin), release: () => claims?.release() };
}

function methodsOf(plugin: Plugin): Service['methods'] {
  const tokens = plugin.package.types.map((type) => type.token);
  return {
    handshake,
    getPluginInfo: () => pluginInfo(plugin.package),
    getSchema: () => schemaOf(plugin.package, tokens),
    checkConfig: (request) => handlers.checkConfig(plugin, request),
    diffConfig: (request) => handlers.diffConfig(plugin, request),
    configure: (request) => handlers.configure(plugin, request),
    check: (request) => handlers.check(plugin, request),
    diff: (request) => handlers.diff(plugin, request),
    create: (request) => handlers.create(plugin, request),
    read: (request) => handlers.read(plugin, request),
    update: (request) => handlers.update(plugin, request),
    delete: (request) => handlers.remove(plugin, request),
    invoke: (request) => handlers.invoke(plugin, request),
    cancel: () => handlers.cancel(plugin),
    attach: () => new Empty(),
  };
}
