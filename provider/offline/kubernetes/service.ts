/** The engine's calls, answered for all kinds of objects alike. */
import type { PluginHost, Service } from '../../serve';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import * as pb from '@pulumi/pulumi/proto/provider_pb';
import { isClusterError } from '../../../kubernetesApi/errors';
import { clusterAddress } from '../../../kubernetesApi/kubeconfig';
import { ManifestError, objectsIn } from '../../../kubernetesApi/manifests';
import { openKinds } from '../../../kubernetesApi/objects';
import { openCluster } from '../../../kubernetesApi/transport';
import {
  checkResponse,
  configured,
  diffResponse,
  handshake,
  pluginInfo,
  schemaOf,
  type PackageName,
} from '../../messages';
import { UserError } from '../../userError';
import { decode, encode, hasUnknown } from '../../values';
import { SECRET_CONFIG, changedConfig, checkConfig, kubeSettings, settingsOf } from './config';
import * as handlers from './handlers';
import type { Plugin } from './handlers';
import { GENUINE, unknownToken } from './tokens';

export function openService(name: PackageName, host: PluginHost): Service {
  const plugin: Plugin = { ...host, isCancelled: false, isAway: false };
  return {
    methods: {
      handshake,
      getPluginInfo: () => pluginInfo(name),
      getSchema: () => schemaOf(name, []),
      checkConfig: (request: pb.CheckRequest) => {
        const { values, secrets } = decode(request.getNews());
        const inputs = { values, secrets: new Set([...secrets, ...SECRET_CONFIG]) };
        return checkResponse(inputs, checkConfig(values, process.env));
      },
      diffConfig: (request: pb.DiffRequest) => {
        const olds = decode(request.getOldInputs() ?? request.getOlds()).values;
        const changes = changedConfig(olds, decode(request.getNews()).values, process.env);
        return diffResponse({ changes, deleteBeforeReplace: false });
      },
      configure: (request: pb.ConfigureRequest) => configure(plugin, request),
      check: (request: pb.CheckRequest) => handlers.check(plugin, request),
      diff: (request: pb.DiffRequest) => handlers.diff(plugin, request),
      create: (request: pb.CreateRequest) => handlers.create(plugin, request),
      read: (request: pb.ReadRequest) => handlers.read(plugin, request),
      update: (request: pb.UpdateRequest) => handlers.update(plugin, request),
      delete: (request: pb.DeleteRequest) => handlers.remove(plugin, request),
      invoke,
      construct: (request: pb.ConstructRequest) => {
        throw unknownToken(request.getType(), 'It has no components. ');
      },
      call: (request: pb.CallRequest) => {
        throw new UserError(
          `Warren's offline kubernetes plugin has no method ${request.getTok()}. ${GENUINE}`,
        );
      },
      cancel: () => {
        plugin.isCancelled = true;
        plugin.session?.cluster.cancel();
        return new Empty();
      },
      attach: () => new Empty(),
    },
  };
}

function configure(plugin: Plugin, request: pb.ConfigureRequest): pb.ConfigureResponse {
  const response = configured();
  response.setSupportsAutonamingConfiguration(true);
  const { values } = decode(request.getArgs());
  if (hasUnknown(values)) return response;
  const failures = checkConfig(values, process.env);
  if (failures.length > 0) {
    const faults = failures.map(({ property, reason }) => `${property}: ${reason}`).join('; ');
    throw new UserError(`The provider "kubernetes" can't be used: ${faults}`);
  }
  const cluster = openCluster(() => clusterAddress(kubeSettings(values), process.env));
  plugin.session = { cluster, kinds: openKinds(cluster), settings: settingsOf(values, process.env) };
  if (plugin.isCancelled) cluster.cancel();
  return response;
}

/** What the classes of `k8s.yaml` ask for; the rest renders what isn't Kubernetes' own. */
function invoke(request: pb.InvokeRequest): pb.InvokeResponse {
  const token = request.getTok();
  if (token !== 'kubernetes:yaml:decode') {
    throw new UserError(`Warren's offline kubernetes plugin has no function ${token}. ${GENUINE}`);
  }
  const { text } = decode(request.getArgs()).values;
  try {
    const response = new pb.InvokeResponse();
    response.setReturn(encode({ result: objectsIn(String(text)) }, new Set()));
    return response;
  } catch (error) {
    if (error instanceof ManifestError || isClusterError(error)) throw new UserError(error.message);
    throw error;
  }
}
