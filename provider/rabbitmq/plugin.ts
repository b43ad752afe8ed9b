/** The package `rabbitmq`: what the classes of `@pulumi/rabbitmq` register, served by us. */
import { serve } from '../serve';
import { bindingType } from './binding';
import { exchangeType } from './exchange';
import { permissionsType } from './permissions';
import { operatorPolicyType, policyType } from './policy';
import { queueType } from './queue';
import { topicPermissionsType } from './topicPermissions';
import { userType } from './user';
import { vhostType } from './vhost';

const NOT_YET =
  'is not supported by this provider yet. Set it up on the broker, or take the lines of `plugins.providers` out of Pulumi.yaml to use the bridged provider.';

serve({
  name: 'rabbitmq',
  version: '3.3.8',
  types: [
    vhostType,
    userType,
    permissionsType,
    topicPermissionsType,
    exchangeType,
    queueType,
    bindingType,
    policyType,
    operatorPolicyType,
  ],
  refusedTypes: {
    'rabbitmq:index/federationUpstream:FederationUpstream': `rabbitmq.FederationUpstream ${NOT_YET}`,
    'rabbitmq:index/shovel:Shovel': `rabbitmq.Shovel ${NOT_YET}`,
  },
});
