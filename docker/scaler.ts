/** The scaler as a container: it starts and stops the containers of fleets with `autoscale`, and watches over all. */
import * as path from 'node:path';
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { DEFAULTS, type Fleet as ScaledFleet } from '../scaler/config';
import { bundleScaler } from '../scaler/image';
import type { Worker } from '../topology/model';
import type { FleetPlan } from '../platform/fleetPlan';
import { buildFor } from './build';
import { labelsOf, type Place } from './objects';
import { CA_FILE, CLIENT_FILES, scalerConfig, SOCKET } from './scalerConfig';
import type { ScalerSettings } from './settings';
import type { Fleet } from './workers/index';

export interface ScalerArgs {
  readonly place: Place;
  readonly settings: ScalerSettings;
  /** Docker's address, as in DOCKER_HOST, where the stack or the environment names one. */
  readonly host?: string;
  /** Of the broker's management API, as containers reach it: of each node, or one for all. */
  readonly endpoints: readonly [string, ...string[]];
  /** PEM text of the authority that its certificates are from. */
  readonly ca?: string;
  /** PEM texts of what it shows the management API. */
  readonly client?: { readonly certificate: pulumi.Input<string>; readonly key: pulumi.Input<string> };
  readonly login: { readonly username: string; readonly password: pulumi.Output<string> };
  readonly network?: pulumi.Input<string>;
  readonly fleets: readonly ScalerFleet[];
  readonly dependsOn: readonly pulumi.Resource[];
}

export interface ScalerFleet {
  readonly fleet: Fleet;
  readonly plan: FleetPlan;
  readonly worker: Worker;
}

const FOLDER = '/etc/warren';
const STOP_SECONDS = 10;

export class Scaler extends pulumi.ComponentResource {
  constructor(name: string, args: ScalerArgs, options?: pulumi.ComponentResourceOptions) {
    super('warren:docker:Scaler', name, {}, options);
    const { place, settings, login, network, ca, client } = args;
    // Beside the program, by a relative path: in the state it is the same on every machine.
    const { folder } = bundleScaler(path.resolve('node_modules', '.cache', 'warren', 'scaler'));
    const build = { context: path.relative('.', folder), name: 'scaler', args: { BASE: settings.baseImage } };
    const image = buildFor(build, place, { parent: this });
    const file = (word: string, content: pulumi.Input<string>): docker.types.input.ContainerUpload => ({
      file: `${FOLDER}/${word}`,
      content,
      permissions: '0400',
    });
    const containerName = `${place.prefix}-scaler`;
    new docker.Container(
      'scaler',
      {
        name: containerName,
        image: image.name,
        labels: labelsOf(place),
        ...(network === undefined ? {} : { networksAdvanced: [{ name: network }] }),
        volumes: [{ hostPath: socketOf(settings, args.host), containerPath: SOCKET }],
        uploads: [
          file('scale.json', scalerConfig({ ...args, fleets: args.fleets.map(scaledFleet) })),
          file('username', login.username),
          file('password', login.password),
          ...(ca === undefined ? [] : [file(CA_FILE, ca)]),
          ...(client === undefined
            ? []
            : [file(CLIENT_FILES.certificate, client.certificate), file(CLIENT_FILES.key, client.key)]),
        ],
        restart: 'unless-stopped',
        destroyGraceSeconds: STOP_SECONDS,
        stopTimeout: STOP_SECONDS,
      },
      { parent: this, provider: place.provider, deleteBeforeReplace: true, dependsOn: [...args.dependsOn] },
    );
    this.registerOutputs({ container: containerName });
  }
}

function socketOf({ socket }: ScalerSettings, host: string | undefined): string {
  return socket ?? /^unix:\/\/(\/.*)$/.exec(host ?? '')?.[1] ?? SOCKET;
}

function scaledFleet({ fleet, plan, worker }: ScalerFleet): ScaledFleet {
  const { autoscale } = worker;
  return {
    name: plan.name,
    vhost: plan.vhost,
    queues: plan.allQueues,
    containers: fleet.containerNames,
    min: plan.replicasMin,
    max: plan.replicasMax,
    messagesPerReplica: autoscale?.messagesPerReplica ?? DEFAULTS.messagesPerReplica,
    cooldownMs: autoscale?.cooldownMs ?? DEFAULTS.cooldownMs,
    stopTimeoutSeconds: plan.graceSeconds,
    startupMs: DEFAULTS.startupMs,
    health: DEFAULTS.health,
  };
}
