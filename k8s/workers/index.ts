/** A fleet of workers on Kubernetes: its login, its Deployment, what scales it, and a look at its consumers. */
import * as pulumi from '@pulumi/pulumi';
import { amqpUrl, type BrokerAddress } from '../../platform/address';
import { type FleetPlan } from '../../platform/fleetPlan';
import type { Provider } from '../../provider/warren/resources';
import { ConsumersReady } from '../../provider/warren/stepResources';
import type { Worker } from '../../topology/model';
import { apply } from '../apply';
import { labelsOf, nameFor, type KubernetesObject, type Place, type SecretObject } from '../objects';
import type { KedaSettings, WorkerSettings } from '../settings';
import { deployment, loginSecretOf } from './deployment';
import { awaitedConsumers, followersOf } from './followers';

export interface FleetArgs {
  readonly place: Place;
  readonly provider: pulumi.ProviderResource;
  readonly worker: Worker;
  readonly plan: FleetPlan;
  readonly settings: WorkerSettings;
  readonly image: string;
  readonly address: BrokerAddress;
  /** Base URL of the management API as pods reach it. */
  readonly management: string;
  readonly login: { readonly username: string; readonly password: pulumi.Output<string> };
  /** PEM text of the authorities that workers trust, where the plan has any. */
  readonly ca?: pulumi.Input<string>;
  /** Changes with the login and the authorities. */
  readonly loginDigest: pulumi.Output<string>;
  readonly keda: KedaSettings | false;
  readonly warrenProvider: Provider;
  /** Nothing runs before these are there. */
  readonly dependsOn: readonly pulumi.Resource[];
}

const READY_SECONDS = 120;

export class Fleet extends pulumi.ComponentResource {
  constructor(
    name: string,
    private readonly args: FleetArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super('warren:kubernetes:Fleet', name, {}, options);
    const { place, plan } = args;
    const login = this.make(this.loginSecret(), args.dependsOn);
    const workers = this.make(deployment(args, place), [...args.dependsOn, login]);
    for (const object of followersOf(args, args.keda, place)) this.make(object, [workers]);
    this.checkConsumers(workers);
    this.registerOutputs({ deployment: nameFor(plan.name) });
  }

  private make(object: KubernetesObject, dependsOn: readonly pulumi.Resource[]): pulumi.CustomResource {
    return apply(object, { parent: this, provider: this.args.provider, dependsOn: [...dependsOn] });
  }

  private loginSecret(): SecretObject {
    const { place, plan, login, address, ca } = this.args;
    const { vhost } = plan;
    const url = login.password.apply((password) =>
      amqpUrl(address, { username: login.username, password, vhost }),
    );
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: loginSecretOf(plan.name),
        namespace: place.namespace,
        labels: labelsOf(place, nameFor(plan.name), 'worker'),
      },
      stringData: {
        url,
        username: login.username,
        password: login.password,
        ...(ca === undefined ? {} : { 'ca.crt': ca }),
      },
    };
  }

  private checkConsumers(workers: pulumi.CustomResource): void {
    const { plan, place, warrenProvider } = this.args;
    new ConsumersReady(
      `${plan.name}-consumes`,
      {
        fleet: plan.name,
        vhost: plan.vhost,
        queues: [...plan.queues],
        consumers: awaitedConsumers(this.args, this.args.keda),
        containers: [],
        login: this.args.loginDigest,
        timeoutSeconds: READY_SECONDS,
        wayOut: `Look into the workers' logs: kubectl logs --namespace ${place.namespace} deployment/${nameFor(plan.name)}.`,
      },
      { parent: this, provider: warrenProvider, dependsOn: [workers] },
    );
  }
}
