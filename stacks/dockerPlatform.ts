/** The stack's Docker side: the cluster before the topology, the workers after it. Loaded only where a stack has one. */
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { BROKER_HOST, Cluster } from '../docker/cluster/index';
import { MANAGEMENT_PORT } from '../docker/cluster/management';
import { buildFor } from '../docker/build';
import { labelsOf, nameAt, providerArgs, type Place } from '../docker/objects';
import { metricsOf } from '../docker/cluster/conf';
import { GRAFANA_ADMIN } from '../docker/monitoring/conf';
import { Monitoring } from '../docker/monitoring/index';
import { Scaler, type ScalerFleet } from '../docker/scaler';
import {
  settingsOfFleet,
  type BuildSettings,
  type ClusterSettings,
  type DockerSettings,
} from '../docker/settings';
import { Fleet } from '../docker/workers/index';
import { safeName } from '../docker/workers/names';
import { withFleetSizes } from '../platform/fleetSize';
import { managementUrls } from '../platform/management';
import type { Provider } from '../provider/warren/resources';
import { ClusterGuard, Definitions } from '../provider/warren/stepResources';
import type { Topology } from '../topology/model';
import type { BrokerObject } from '../topology/objects';
import { derivedSecret, type Credential } from './brokerLogin';
import type { DefinitionsFile } from './definitionsFile';
import { inUrl } from './dockerConnection';
import { certificatesFor } from './clusterCertificates';
import { authorityOf, scalerClientOf, type ClientCertificate } from './connection';
import type { ClusterCertificates } from './ownCertificates';
import { otherConsumers, planFleets, type PlannedFleet } from './fleetPlans';
import { spreadCopies } from './quorumCopies';
import { orRefuse } from './refusal';
import type { Settings } from './settings';

export interface DockerPlatformArgs {
  readonly settings: Settings;
  readonly docker: DockerSettings;
  readonly topology: Topology;
  /** What a new cluster begins with. */
  readonly definitions?: DefinitionsFile;
}

export interface MonitoringOutputs {
  readonly prometheus: string;
  readonly grafana?: { readonly url: string } & Credential;
}

export interface DeployedFleet extends ScalerFleet {
  /** On the stack's own Docker host. */
  readonly isHere: boolean;
}

/** Where workers are made. */
interface Surroundings {
  readonly place: Place;
  readonly network?: pulumi.Input<string>;
  /** What is there before their image. */
  readonly after: pulumi.Resource[];
}

export class DockerPlatform {
  readonly cluster?: Cluster;
  /** Before anything else is done on the cluster. */
  readonly begun: readonly pulumi.Resource[];
  readonly #args: DockerPlatformArgs;
  readonly #plans: readonly PlannedFleet[];
  readonly #place: Place;
  readonly #elsewhere = new Map<string, Surroundings>();
  readonly #images = new Map<string, pulumi.Input<string>>();
  #certificates: ClusterCertificates | undefined;
  readonly #client: ClientCertificate | undefined;

  /** @param warrenProvider asks the cluster while its nodes are replaced, trusting these authorities */
  constructor(
    args: DockerPlatformArgs,
    warrenProvider: (ca: pulumi.Input<string> | undefined) => Provider,
    certificateProvider: () => Provider,
  ) {
    this.#args = args;
    // What can't be refuses the whole, before any of it is made.
    this.#plans = planFleets(args, (text) => void pulumi.log.warn(text));
    const { settings, docker: own } = args;
    this.#client = scalerClientOf(settings.connection);
    const prefix = `${settings.project}-${settings.stack}`.toLowerCase().replace(/[^a-z0-9_.-]/g, '-');
    // Names a stack of one seed: another one of the same name doesn't take its objects over.
    const owner = pulumi
      .unsecret(derivedSecret(settings, 'owner'))
      .apply((text) => `${prefix}/${text.slice(0, 12)}`);
    const host = own.host === undefined ? {} : { host: own.host };
    this.#place = { prefix, owner, provider: providerFor('docker', own.host), ...host };
    if (own.cluster === undefined) {
      this.begun = [];
      return;
    }
    const where = { prefix, provider: certificateProvider };
    this.#certificates = certificatesFor(args.topology, own.cluster, where);
    const asking = warrenProvider(this.trustedNow);
    this.cluster = this.#makeCluster(own.cluster, asking);
    this.begun = [this.cluster.ready, ...this.#load(this.cluster.ready, asking)];
  }

  #load(ready: pulumi.Resource, provider: Provider): readonly pulumi.Resource[] {
    const { definitions, settings } = this.#args;
    if (definitions === undefined) return [];
    const { file, content, users, leftOut } = definitions;
    const args = {
      cluster: this.#place.prefix,
      file,
      content: pulumi.secret(content),
      users: [settings.bootstrap.username, ...users],
      leftOut: [...leftOut],
    };
    return [new Definitions('definitions', args, { provider, dependsOn: [ready], deletedWith: ready })];
  }

  #makeCluster(settings: ClusterSettings, warrenProvider: Provider): Cluster {
    const { topology, settings: stack } = this.#args;
    warnOfMemory(topology, settings);
    return new Cluster('cluster', {
      place: this.#place,
      topology,
      settings,
      cookie: derivedSecret(stack, settings.cookie === 1 ? 'cookie' : `cookie-${settings.cookie}`),
      bootstrap: stack.bootstrap,
      warrenProvider,
      ...(this.#certificates === undefined ? {} : { certificates: this.#certificates }),
    });
  }

  /** The topology's fleets, each on the Docker hosts that the stack names for it. */
  makeFleets(
    credentialOf: (user: string) => Credential,
    warrenProvider: Provider,
    dependsOn: readonly pulumi.Resource[],
  ): DeployedFleet[] {
    return this.#plans.map((planned) => {
      const { worker, hostName, settings, image, address, plan } = planned;
      const { place, after, ...network } =
        hostName === undefined ? this.#here() : this.#on(hostName, dependsOn);
      const fleet = new Fleet(nameAt(place, worker.name), {
        place,
        plan,
        settings,
        address,
        warrenProvider,
        dependsOn,
        isBrokerHere: this.cluster !== undefined && hostName === undefined,
        image:
          typeof image === 'string' ? this.#pulled(image, place, after) : this.#built(image, place, after),
        login: credentialOf(plan.user),
        otherConsumers: otherConsumers(planned, this.#plans),
        ...network,
        ...(plan.hasAuthority ? this.#authority() : {}),
      });
      return { fleet, plan, worker, isHere: hostName === undefined };
    });
  }

  /** @param login a user who sees the queues of the fleets' vhosts, and no more */
  makeScaler(
    fleets: readonly DeployedFleet[],
    login: Credential,
    dependsOn: readonly pulumi.Resource[],
  ): Scaler {
    const { settings, docker: own } = this.#args;
    if (own.scaler === false) throw new Error('asked for without a scaler');
    const host = own.host ?? process.env.DOCKER_HOST;
    return new Scaler('scaler', {
      place: this.#place,
      settings: own.scaler,
      login,
      fleets,
      dependsOn: [...dependsOn, ...fleets.map(({ fleet }) => fleet)],
      ...(this.#client === undefined ? {} : { client: this.#client }),
      ...(this.cluster === undefined
        ? { endpoints: managementUrls(settings.connection), ...authorityOf(settings.connection) }
        : { endpoints: [`http://${BROKER_HOST}:${MANAGEMENT_PORT}`] }),
      ...(host === undefined ? {} : { host }),
      ...this.#network(),
    });
  }

  /** Workers of our own cluster trust its authority. */
  #authority(): { ca?: pulumi.Input<string> } {
    if (this.cluster === undefined) return authorityOf(this.#args.settings.connection);
    return this.trusted === undefined ? {} : { ca: this.trusted };
  }

  /** PEM text of the authorities that clients of the stack's own cluster trust. */
  get trusted(): pulumi.Input<string> | undefined {
    return this.#certificates?.ca;
  }

  /** The same for a provider, in a preview as well. */
  get trustedNow(): pulumi.Input<string> | undefined {
    return this.#certificates?.caNow;
  }

  /** Copies on all nodes that queues ask for, also on those that joined after them. */
  spread(
    warrenProvider: Provider,
    objects: readonly BrokerObject[],
    topology: pulumi.Resource,
  ): readonly pulumi.Resource[] {
    const nodes = this.cluster?.nodeNames ?? [];
    const where = { cluster: this.#place.prefix };
    return spreadCopies(
      { ...where, nodes, topology: this.#args.topology, objects },
      warrenProvider,
      topology,
    );
  }

  /** @param objects what the topology compiles to */
  makeMonitoring(objects: readonly BrokerObject[]): Monitoring | undefined {
    const { settings, docker: own, topology } = this.#args;
    if (own.monitoring === undefined) return undefined;
    return new Monitoring('monitoring', {
      place: this.#place,
      settings: own.monitoring,
      topology: withFleetSizes(topology, (fleet) => settingsOfFleet(own, fleet)),
      objects,
      nodes: own.monitoring.targets ?? metricsOf(topology),
      password: derivedSecret(settings, 'grafana'),
      ...this.#network(),
    });
  }

  /** Where people find both programs. */
  monitoringOutputs(): MonitoringOutputs | undefined {
    const { settings, docker: own } = this.#args;
    if (own.monitoring === undefined) return undefined;
    const { address, prometheus, grafana } = own.monitoring;
    const host = inUrl(address);
    return {
      prometheus: `http://${host}:${prometheus.port}`,
      ...(grafana === false
        ? {}
        : {
            grafana: {
              url: `http://${host}:${grafana.port}`,
              username: GRAFANA_ADMIN,
              password: derivedSecret(settings, 'grafana'),
            },
          }),
    };
  }

  /** Deleted before everything else of the stack, or not at all. */
  guard(warrenProvider: Provider, others: readonly pulumi.Resource[]): void {
    const settings = this.#args.docker.cluster;
    if (settings === undefined) return;
    const args = { cluster: this.#place.prefix, isKept: settings.keepVolumes };
    new ClusterGuard('cluster', args, { provider: warrenProvider, dependsOn: [...others] });
  }

  #network(): { network?: pulumi.Input<string> } {
    const network = this.cluster?.network.name ?? this.#args.docker.network;
    return network === undefined ? {} : { network };
  }

  #here(): Surroundings {
    return { place: this.#place, after: [], ...this.#network() };
  }

  /** Workers on another host have a network of their own there: nobody else's containers are in it. */
  #on(hostName: string, dependsOn: readonly pulumi.Resource[]): Surroundings {
    const found = this.#elsewhere.get(hostName);
    if (found !== undefined) return found;
    const host = this.#args.docker.hosts[hostName];
    const provider = providerFor(`docker-${hostName}`, host);
    const place: Place = { ...this.#place, provider, hostName, ...(host === undefined ? {} : { host }) };
    // The first Docker host may stand in the table, too: there the stack's name is that of the cluster's network.
    const network = new docker.Network(
      nameAt(place, 'network'),
      { name: safeName(nameAt(place, place.prefix)), labels: labelsOf(place) },
      // A host that isn't reachable is told once, by then the cluster and the topology are done.
      { provider, dependsOn: [...dependsOn] },
    );
    const made = { place, network: network.name, after: [network] };
    this.#elsewhere.set(hostName, made);
    return made;
  }

  /** One resource for an image on a host, however many fleets have it. */
  #pulled(name: string, place: Place, dependsOn: pulumi.Resource[]): pulumi.Input<string> {
    return this.#image(
      name,
      place,
      () =>
        new docker.RemoteImage(
          nameAt(place, name),
          { name, keepLocally: true },
          { provider: place.provider, dependsOn },
        ),
    );
  }

  #built(build: BuildSettings, place: Place, dependsOn: pulumi.Resource[]): pulumi.Input<string> {
    return this.#image(JSON.stringify(build), place, () =>
      orRefuse(() => buildFor(build, place, { dependsOn })),
    );
  }

  #image(key: string, place: Place, make: () => docker.RemoteImage): pulumi.Input<string> {
    const fullKey = JSON.stringify([key, place.hostName]);
    const image = this.#images.get(fullKey) ?? make().name;
    this.#images.set(fullKey, image);
    return image;
  }
}

/** A watermark in per cent is one of the host's memory where no container has a limit. */
function warnOfMemory({ broker }: Topology, { memoryBytes }: ClusterSettings): void {
  const nodes = broker?.nodes ?? 1;
  const watermark = broker?.memoryHighWatermark;
  if (nodes === 1 || memoryBytes !== undefined || watermark === undefined || !('relative' in watermark))
    return;
  if (nodes * watermark.relative <= 1) return;
  void pulumi.log.warn(
    `${nodes} nodes on one host may each take ${Math.round(watermark.relative * 100)} % of its memory before they block publishers, more than there is together. Give each a limit: pulumi config set --path docker.cluster.memory 2GiB --stack ${pulumi.getStack()}`,
  );
}

function providerFor(name: string, host: string | undefined): docker.Provider {
  return new docker.Provider(name, providerArgs(host, process.env));
}
