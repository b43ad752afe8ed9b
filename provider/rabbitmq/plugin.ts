/** The package `rabbitmq`: what the classes of `@pulumi/rabbitmq` register, served by us. */
import { servePackage } from '../servePackage';
import { bindingType } from './binding';
import { exchangeType } from './exchange';
import { federationUpstreamType, shovelType } from './links';
import { permissionsType } from './permissions';
import { operatorPolicyType, policyType } from './policy';
import { queueType } from './queue';
import { topicPermissionsType } from './topicPermissions';
import { userType } from './user';
import { vhostType } from './vhost';

servePackage({
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
    federationUpstreamType,
    shovelType,
  ],
});
