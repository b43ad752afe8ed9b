/** The package `warren`: what RabbitMQ needs and `@pulumi/rabbitmq` lacks. Its classes are in resources.ts. */
import { servePackage } from '../servePackage';
import { absentUserType } from './absentUser';
import { adminType } from './admin';
import { authorityType } from './certificates/authority';
import { certificateType } from './certificates/certificate';
import { globalParameterType } from './globalParameter';
import { inventory } from './inventory';
import { userLimitsType, vhostLimitsType } from './limits';
import { parameterType } from './parameter';
import { certificatesServedStep } from './steps/certificatesServed';
import { clusterCookieStep } from './steps/clusterCookie';
import { clusterGuardStep } from './steps/clusterGuard';
import { clusterIdentityStep } from './steps/clusterIdentity';
import { clusterReadyStep } from './steps/clusterReady';
import { consumersReadyStep } from './steps/consumersReady';
import { credentialDrainStep } from './steps/credentialDrain';
import { definitionsStep } from './steps/definitions';
import { nodesRolledStep } from './steps/nodesRolled';
import { quorumCopiesStep } from './steps/quorumCopies';
import { rollingGateStep } from './steps/rollingGate';
import { volumeClaimsStep } from './steps/volumeClaims';
import { vhostSettingsType } from './vhostSettings';
import { vhostTopologyType } from './vhostTopology';

servePackage({
  name: 'warren',
  version: '0.1.0',
  types: [
    adminType,
    absentUserType,
    vhostSettingsType,
    vhostLimitsType,
    userLimitsType,
    parameterType,
    globalParameterType,
    vhostTopologyType,
  ],
  steps: [
    clusterIdentityStep,
    clusterCookieStep,
    volumeClaimsStep,
    rollingGateStep,
    clusterReadyStep,
    nodesRolledStep,
    certificatesServedStep,
    clusterGuardStep,
    consumersReadyStep,
    credentialDrainStep,
    definitionsStep,
    quorumCopiesStep,
  ],
  made: [authorityType, certificateType],
  functions: { 'warren:index:inventory': inventory },
});
