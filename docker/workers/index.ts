/** A fleet of equal workers on a Docker host: its containers, replaced one after the other, and a look at their consumers. */
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import type { Provider } from '../../provider/warren/resources';
import { ConsumersReady } from '../../provider/warren/stepResources';
import { labelsOf, limitsOf, nameAt, type Place } from '../objects';
import type { WorkerSettings } from '../settings';
import { amqpUrl, type BrokerAddress } from '../../platform/address';
import { SECRETS_FOLDER, urlEntrypoint, type FleetPlan } from '../../platform/fleetPlan';
import { containerNames } from './names';

export interface FleetArgs {
  readonly place: Place;
  readonly plan: FleetPlan;
  readonly settings: WorkerSettings;
  readonly image: pulumi.Input<string>;
  readonly address: BrokerAddress;
  readonly login: { readonly username: string; readonly password: pulumi.Output<string> };
  /** PEM text of the authorities that workers trust, where the plan has any. */
  readonly ca?: pulumi.Input<string>;
  /** Docker's own where it is left out. */
  readonly network?: pulumi.Input<string>;
  /** Whether the broker is the stack's own, in that network: it sees the containers' own addresses. */
  readonly isBrokerHere: boolean;
  /** By queue: those that other fleets must have. */
  readonly otherConsumers: Readonly<Record<string, number>>;
  readonly warrenProvider: Provider;
  /** Nothing runs before these are there. */
  readonly dependsOn: readonly pulumi.Resource[];
}

const READY_SECONDS = 120;

export class Fleet extends pulumi.ComponentResource {
  /** In the order of their numbers: the scaler stops the last ones first. */
  readonly containerNames: readonly string[];

  constructor(
    name: string,
    private readonly args: FleetArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super('warren:docker:Fleet', name, {}, options);
    const { plan, place } = args;
    const names = containerNames([place.prefix, nameAt(place, plan.name)], plan);
    this.containerNames = names;
    const containers: docker.Container[] = [];
    let before = [...args.dependsOn];
    for (const [index, containerName] of names.entries()) {
      const container = this.makeContainer(index, containerName, before);
      containers.push(container);
      if (index + 1 < names.length) before = [this.makeGate(index, container)];
    }
    this.checkConsumers(`${name}-consumes`, containers.slice(0, plan.replicasMin), false, containers);
    this.registerOutputs({ containers: names });
  }

  private makeContainer(index: number, name: string, dependsOn: pulumi.Resource[]): docker.Container {
    const { plan, place, settings, image, network } = this.args;
    const { urlVariable, command, graceSeconds } = plan;
    return new docker.Container(
      name,
      {
        name,
        image,
        ...(urlVariable === undefined ? {} : { entrypoints: urlEntrypoint(urlVariable) }),
        ...(command.length === 0 ? {} : { command: [...command] }),
        envs: [...plan.environment],
        labels: labelsOf(place, { 'warren.fleet': plan.name, 'warren.index': String(index + 1) }),
        ...(network === undefined ? {} : { networksAdvanced: [{ name: network }] }),
        uploads: this.secrets(),
        restart: 'unless-stopped',
        // The scaler's containers may stand still: it starts them, and stops them.
        start: index < plan.replicasMin,
        mustRun: !plan.isScaled,
        destroyGraceSeconds: graceSeconds,
        stopTimeout: graceSeconds,
        ...limitsOf(settings),
      },
      { parent: this, provider: place.provider, deleteBeforeReplace: true, dependsOn },
    );
  }

  private secrets(): docker.types.input.ContainerUpload[] {
    const { login, address, plan, ca } = this.args;
    const { vhost } = plan;
    const url = login.password.apply((password) =>
      amqpUrl(address, { username: login.username, password, vhost }),
    );
    const file = (name: string, content: pulumi.Input<string>): docker.types.input.ContainerUpload => ({
      file: `${SECRETS_FOLDER}/${name}`,
      content,
      // The image's user isn't root.
      permissions: '0444',
    });
    return [
      file('url', pulumi.secret(url)),
      file('username', login.username),
      file('password', login.password),
      ...(ca === undefined ? [] : [file('ca.crt', ca)]),
    ];
  }

  /** The next worker is replaced when this one consumes again. */
  private makeGate(index: number, container: docker.Container): pulumi.Resource {
    // One that the scaler starts is not waited for.
    const awaited = index < this.args.plan.replicasMin ? [container] : [];
    return this.checkConsumers(`${this.containerNames[index] ?? ''}-consumes`, awaited, true, [container]);
  }

  private checkConsumers(
    name: string,
    containers: readonly docker.Container[],
    isGate: boolean,
    dependsOn: readonly pulumi.Resource[],
  ): ConsumersReady {
    const { plan, place, network, isBrokerHere, otherConsumers, warrenProvider } = this.args;
    const isDirect = isBrokerHere && network !== undefined;
    const counted = isGate ? { peers: [...this.containerNames] } : { otherConsumers: { ...otherConsumers } };
    return new ConsumersReady(
      name,
      {
        fleet: plan.name,
        vhost: plan.vhost,
        queues: [...plan.queues],
        consumers: containers.length === 0 ? 0 : plan.replicasMin,
        containers: containers.map(({ id }) => id),
        isGate,
        isDirect,
        ...(isDirect ? {} : counted),
        ...(place.host === undefined ? {} : { dockerHost: place.host }),
        timeoutSeconds: READY_SECONDS,
      },
      { parent: this, provider: warrenProvider, dependsOn: [...dependsOn] },
    );
  }
}
