/** What a Pulumi program of one's own gets from Warren: the language, the resources, and the components. */
import * as docker from './docker';
import * as kubernetes from './kubernetes';

export * from '../topology/index';
export { renderDiagnostics } from '../topology/render/diagnostics';

export {
  AbsentUser,
  Admin,
  GlobalParameter,
  Parameter,
  Provider,
  UserLimits,
  VhostLimits,
  VhostSettings,
  VhostTopology,
} from '../provider/warren/resources';
export type {
  AbsentUserArgs,
  AdminArgs,
  ConnectionArgs,
  GlobalParameterArgs,
  LoginCredentials,
  ParameterArgs,
  PortForwardArgs,
  ProviderArgs,
  UserLimitsArgs,
  VhostLimitsArgs,
  VhostSettingsArgs,
  VhostTopologyArgs,
} from '../provider/warren/resources';

export { TopologyResources } from '../stacks/topologyResources';
export type { Granularity, LoginOutputs, TopologyResourcesArgs } from '../stacks/topologyResources';

export { docker, kubernetes };
