/** The stack's side on Kubernetes: the cluster before the topology, the workers after it. Loaded only where a stack has one. */
import * as crypto from 'node:crypto';
import * as kubernetes from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { Cluster } from '../k8s/cluster/index';
import { dnsNames } from '../k8s/cluster/names';
import { apply } from '../k8s/apply';
import {
  labelsOf,
  namespaceObject,
  type KubernetesObject,
  type Place,
  type SecretObject,
} from '../k8s/objects';
import { monitoringObjects } from '../k8s/monitoring';
import {
  managementFor,
  needFigures,
  scaledFleets,
  placeOf,
  planFleets,
  refuseWrongCluster,
  type PlannedFleet,
} from '../k8s/plan';
import type { ClusterSettings, KubernetesSettings } from '../k8s/settings';
import { FIGURES_SECRET, probeMap } from '../k8s/workers/deployment';
import { Fleet } from '../k8s/workers/index';
import { triggerAuthentication } from '../k8s/workers/scaledObject';
import type { Provider } from '../provider/warren/resources';
import { ClusterGuard } from '../provider/warren/stepResources';
import type { Topology } from '../topology/model';
import type { BrokerObject } from '../topology/objects';
import { derivedSecret, newestCredential, type Credential } from './brokerLogin';
import { deriveSecret } from './credentials';
import { authorityOf, scalerClientOf, type ClientCertificate } from './connection';
import { factsOf } from './kubernetesConnection';
import { ownCertificates, type ClusterCertificates } from './ownCertificates';
import { readProjectFile } from './projectFile';
import { spreadCopies } from './quorumCopies';
import { orRefuse } from './refusal';
import type { Settings } from './settings';

export interface KubernetesPlatformArgs {
  readonly settings: Settings;
  readonly kubernetes: KubernetesSettings;
  readonly topology: Topology;
}

export class KubernetesPlatform {
  readonly cluster?: Cluster;
  readonly #args: KubernetesPlatformArgs;
  readonly #plans: readonly PlannedFleet[];
  readonly #place: Place;
  readonly #provider: kubernetes.Provider;
  readonly #namespace: readonly pulumi.Resource[];
  readonly #management: string;
  #certificates: Partial<ClusterCertificates> | undefined;
  readonly #client: ClientCertificate | undefined;

  /** @param warrenProvider asks the cluster while its nodes are replaced, trusting these authorities */
  constructor(
    args: KubernetesPlatformArgs,
    warrenProvider: (ca: pulumi.Input<string> | undefined) => Provider,
    certificateProvider: () => Provider,
  ) {
    this.#args = args;
    const { kubernetes: own } = args;
    const facts = factsOf(args.settings, own, args.topology);
    this.#place = placeOf(facts);
    this.#management = managementFor(facts);
    // What can't be refuses the whole, before any of it is made.
    this.#plans = orRefuse(() => {
      refuseWrongCluster(facts);
      return planFleets(facts, (text) => void pulumi.log.warn(text));
    });
    this.#client = scalerClientOf(args.settings.connection);
    this.#provider = new kubernetes.Provider('kubernetes', {
      ...(own.kubeconfig === undefined ? {} : { kubeconfig: own.kubeconfig }),
      // The same context under another address is the same cluster: nothing on it is replaced.
      ...(own.context === undefined ? {} : { context: own.context, clusterIdentifier: own.context }),
      // Another password changes a Secret where it is: pods that run go on with it.
      enableSecretMutable: true,
      enableConfigMapMutable: true,
    });
    this.#namespace = own.createNamespace ? [this.#make(namespaceObject(this.#place), [])] : [];
    if (own.cluster === undefined) return;
    this.#certificates = this.#certificatesOf(own.cluster, certificateProvider);
    this.cluster = this.#makeCluster(own.cluster, warrenProvider(this.trusted));
  }

  #make(object: KubernetesObject, dependsOn: readonly pulumi.Resource[]): pulumi.CustomResource {
    return apply(object, { provider: this.#provider, dependsOn: [...dependsOn] });
  }

  #certificatesOf(
    settings: ClusterSettings,
    provider: () => Provider,
  ): Partial<ClusterCertificates> | undefined {
    if (this.#args.topology.broker?.tls === undefined) return undefined;
    const { tls } = settings;
    if (!('authorities' in tls)) return { ca: readProjectFile(tls.ca, 'kubernetes.cluster.tls.ca') };
    return ownCertificates({
      ...tls,
      prefix: this.#place.instance,
      names: [...dnsNames(this.#place.namespace), ...tls.names],
      addresses: ['127.0.0.1'],
      provider: provider(),
    });
  }

  #makeCluster(settings: ClusterSettings, warrenProvider: Provider): Cluster {
    const { topology, settings: stack, kubernetes: own } = this.#args;
    const { ca, certificate, key } = this.#certificates ?? {};
    return new Cluster('cluster', {
      place: this.#place,
      topology,
      settings,
      provider: this.#provider,
      ...(own.kubeconfig === undefined ? {} : { kubeconfig: own.kubeconfig }),
      ...(own.context === undefined ? {} : { context: own.context }),
      ...(ca === undefined || certificate === undefined || key === undefined
        ? {}
        : { certificates: { ca, certificate, key } }),
      cookie: derivedSecret(stack, 'cookie'),
      admin: newestCredential(stack, stack.adminUser),
      warrenProvider,
      dependsOn: this.#namespace,
    });
  }

  /** PEM text of the authorities that clients of the stack's own cluster trust. */
  get trusted(): pulumi.Input<string> | undefined {
    return this.#certificates?.ca;
  }

  /** The same for workers, their probes and KEDA, also where the broker is there already. */
  get #authority(): pulumi.Input<string> | undefined {
    return this.cluster === undefined ? authorityOf(this.#args.settings.connection).ca : this.trusted;
  }

  /** Whether somebody has to see the figures of the workers' vhosts: KEDA, or the workers' own probes. */
  get needsFigures(): boolean {
    return needFigures(this.#plans, this.#args.kubernetes);
  }

  /** @param figures a user who sees the queues of the fleets' vhosts, and no more */
  makeFleets(
    figures: Credential,
    warrenProvider: Provider,
    dependsOn: readonly pulumi.Resource[],
  ): readonly Fleet[] {
    const { settings, kubernetes: own } = this.#args;
    const shared = this.#makeShared(figures, dependsOn);
    return this.#plans.map(({ worker, plan, settings: fleetSettings, image, address }) => {
      const login = newestCredential(settings, plan.user);
      const ca = plan.hasAuthority ? this.#authority : undefined;
      return new Fleet(plan.name, {
        place: this.#place,
        provider: this.#provider,
        worker,
        plan,
        settings: fleetSettings,
        image,
        address,
        management: this.#management,
        login,
        ...(ca === undefined ? {} : { ca }),
        loginDigest: this.#digest([login.username, login.password, ca ?? '', figures.username]),
        keda: own.keda,
        warrenProvider,
        dependsOn: [...dependsOn, ...shared],
      });
    });
  }

  /** What all fleets have a part in: the probe, and the login of who counts. */
  #makeShared(figures: Credential, dependsOn: readonly pulumi.Resource[]): readonly pulumi.Resource[] {
    if (!this.needsFigures) return [];
    const ca = this.#authority;
    const client = this.#client;
    const has = { hasAuthority: ca !== undefined, hasClient: client !== undefined };
    const isScaled = scaledFleets(this.#plans, this.#args.kubernetes).length > 0;
    const secret: SecretObject = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: FIGURES_SECRET,
        namespace: this.#place.namespace,
        labels: labelsOf(this.#place, FIGURES_SECRET, 'scaler'),
      },
      stringData: {
        username: figures.username,
        password: figures.password,
        ...(ca === undefined ? {} : { 'ca.crt': ca }),
        ...(client === undefined ? {} : { 'client.crt': client.certificate, 'client.key': client.key }),
        ...(has.hasAuthority || has.hasClient ? { tls: 'enable' } : {}),
      },
    };
    const objects: KubernetesObject[] = [
      secret,
      probeMap(has.hasClient, this.#place),
      ...(isScaled ? [triggerAuthentication(has, this.#place)] : []),
    ];
    const after = [...this.#namespace, ...dependsOn];
    return objects.map((object) => this.#make(object, after));
  }

  /** For a Prometheus and a Grafana that are there. */
  makeMonitoring(objects: readonly BrokerObject[]): void {
    const { kubernetes, topology } = this.#args;
    for (const object of monitoringObjects({ topology, objects, kubernetes }, this.#place))
      this.#make(object, this.#namespace);
  }

  /** Copies on all nodes that queues ask for, also on those that joined after them. */
  spread(
    warrenProvider: Provider,
    objects: readonly BrokerObject[],
    topology: pulumi.Resource,
  ): readonly pulumi.Resource[] {
    const nodes = this.cluster?.nodeNames ?? [];
    const where = { cluster: this.#place.instance, namespace: this.#place.namespace };
    return spreadCopies(
      { ...where, nodes, topology: this.#args.topology, objects },
      warrenProvider,
      topology,
    );
  }

  /** Deleted before everything else of the stack, or not at all. */
  guard(warrenProvider: Provider, others: readonly pulumi.Resource[]): void {
    if (this.#args.kubernetes.cluster === undefined) return;
    const { instance: cluster, namespace } = this.#place;
    const args = { cluster, namespace, isKept: false };
    new ClusterGuard('cluster', args, { provider: warrenProvider, dependsOn: [...others] });
  }

  /** Says that something secret has changed, and nothing of what it is. */
  #digest(parts: readonly pulumi.Input<string>[]): pulumi.Output<string> {
    const { project, stack, seed } = this.#args.settings;
    const digest = pulumi.all([seed, ...parts]).apply(([secret = '', ...texts]) => {
      const hash = crypto.createHash('sha256').update(texts.join('\n')).digest('hex');
      return deriveSecret(secret, { project, stack }, `login:${hash}`).slice(0, 16);
    });
    return pulumi.unsecret(digest);
  }
}
