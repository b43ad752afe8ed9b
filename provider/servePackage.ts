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
import * as madeHandlers from './made';
import { isMade } from './made';
import * as stepHandlers from './steps';
import { isStep } from './steps';

type ResourceCall = 'check' | 'diff' | 'create' | 'read' | 'update' | 'remove';

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
  const { types, steps = [], made = [] } = plugin.package;
  const tokens = [...types, ...steps, ...made].map(({ token }) => token);
  const answer = (call: ResourceCall, request: never): unknown => {
    const { getUrn } = request as { readonly getUrn: () => string };
    return handlersFor(plugin, getUrn.call(request))[call](plugin, request);
  };
  return {
    handshake,
    getPluginInfo: () => pluginInfo(plugin.package),
    getSchema: () => schemaOf(plugin.package, tokens),
    checkConfig: (request) => handlers.checkConfig(plugin, request),
    diffConfig: (request) => handlers.diffConfig(plugin, request),
    configure: (request) => handlers.configure(plugin, request),
    check: (request: never) => answer('check', request),
    diff: (request: never) => answer('diff', request),
    create: (request: never) => answer('create', request),
    read: (request: never) => answer('read', request),
    update: (request: never) => answer('update', request),
    delete: (request: never) => answer('remove', request),
    invoke: (request) => handlers.invoke(plugin, request),
    cancel: () => handlers.cancel(plugin),
    attach: () => new Empty(),
  };
}

function handlersFor(
  plugin: Plugin,
  urn: string,
): typeof handlers | typeof stepHandlers | typeof madeHandlers {
  if (isStep(plugin, urn)) return stepHandlers;
  return isMade(plugin, urn) ? madeHandlers : handlers;
}
