/**
 * A RabbitMQ cluster on Kubernetes: made by RabbitMQ's cluster operator, or a StatefulSet where no operator may be.
 * Who replaces nodes waits for the others by itself; before it begins, the cluster is asked whether it is whole.
 */
import * as crypto from 'node:crypto';
import * as pulumi from '@pulumi/pulumi';
import { loginConf } from '../../platform/nodeConf';
import { TLS_FOLDER } from '../../topology/render/rabbitmqConf';
import { canonicalJson } from '../../topology/objects';
import type { Topology } from '../../topology/model';
import type { Provider } from '../../provider/warren/resources';
import {
  CertificatesServed,
  ClusterReady,
  NodesRolled,
  RollingGate,
  VolumeClaims,
} from '../../provider/warren/stepResources';
import { apply } from '../apply';
import type { KubernetesObject, Place } from '../objects';
import type { ClusterSettings } from '../settings';
import { nodeCount } from './conf';
import { disruptionBudget, networkPolicies } from './guards';
import {
  CLUSTER,
  DATA_VOLUME,
  MANAGEMENT_TLS_PORT,
  nodeName,
  OPERATOR_TLS_FOLDER,
  STATEFUL_SET,
} from './names';
import { nodeObjects } from './nodes';
import { certificateRequest, clusterSecrets, type Certificates } from './secrets';

export interface ClusterArgs {
  readonly place: Place;
  readonly topology: Topology;
  readonly settings: ClusterSettings;
  readonly provider: pulumi.ProviderResource;
  /** Which cluster of which kubeconfig, for what is asked beside Pulumi's plugin. */
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Where the topology has `broker.tls`, unless somebody else makes the Secret. */
  readonly certificates?: Certificates;
  /** Secret; the same for every node. */
  readonly cookie: pulumi.Output<string>;
  /** The administrator that a new cluster begins with. */
  readonly admin: { readonly username: string; readonly password: pulumi.Output<string> };
  /** Asks the cluster itself, when nodes are to be replaced. */
  readonly warrenProvider: Provider;
  /** The namespace, where the stack makes it. */
  readonly dependsOn: readonly pulumi.Resource[];
}

const GATE_SECONDS = 900;
const READY_SECONDS = 300;
/** kubelet takes up to a minute and a half, and Erlang two more. */
const CERTIFICATE_SECONDS = 600;
/** A node may take its grace period, and then has to start. */
const START_SECONDS = 300;

export class Cluster extends pulumi.ComponentResource {
  /** Done when all nodes run: what needs the broker depends on it. */
  readonly ready: ClusterReady;
  /** `rabbit@host` of each. */
  readonly nodeNames: readonly string[];
  /** Before all that is made. */
  readonly #claims: VolumeClaims;

  constructor(
    name: string,
    private readonly args: ClusterArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super('warren:kubernetes:Cluster', name, {}, options);
    const { topology, place, settings } = args;
    this.nodeNames = Array.from({ length: nodeCount(topology) }, (_, index) =>
      nodeName(index, place.namespace),
    );
    this.#claims = this.lookAtClaims();
    const nodes = nodeObjects(topology, settings, place);
    const trigger = digestOf(nodes);
    const before = [...this.makeSecrets(), ...this.makeGuards()];
    const gates = this.makeGates(trigger, before);
    this.ready = this.awaitNodes(trigger, this.makeNodes(nodes, [...before, ...gates]));
    this.registerOutputs({ nodes: this.nodeNames });
  }

  private make(object: KubernetesObject, dependsOn: readonly pulumi.Resource[]): pulumi.CustomResource {
    const { provider } = this.args;
    return apply(object, {
      parent: this,
      provider,
      dependsOn: [this.#claims, ...this.args.dependsOn, ...dependsOn],
    });
  }

  private lookAtClaims(): VolumeClaims {
    const { settings, warrenProvider, dependsOn } = this.args;
    return new VolumeClaims(
      'claims',
      {
        ...this.where(),
        nodes: this.nodeNames.length,
        template: DATA_VOLUME,
        isOperators: settings.by === 'operator',
        storage: settings.storage,
        ...(settings.storageClass === undefined ? {} : { storageClass: settings.storageClass }),
      },
      // Who may look into a namespace may only do so, with some, once it is there.
      { parent: this, provider: warrenProvider, dependsOn: [...dependsOn] },
    );
  }

  private makeNodes(
    objects: readonly KubernetesObject[],
    dependsOn: readonly pulumi.Resource[],
  ): readonly pulumi.CustomResource[] {
    const others = objects.slice(0, -1).map((object) => this.make(object, dependsOn));
    // Pods that stop need the files and the names that they have from the others: what makes them goes first. The
    // clients' Service is no such thing, and is there when the pods are.
    const needed = others.filter((_, index) => objects[index]?.metadata.name !== CLUSTER);
    const pods = objects.slice(-1).map((object) => this.make(object, [...dependsOn, ...needed]));
    return [...others, ...pods];
  }

  private makeSecrets(): readonly pulumi.Resource[] {
    const { admin, settings, certificates, cookie, place, topology } = this.args;
    const { username } = admin;
    const login = admin.password.apply((password) => loginConf({ username, password }));
    const secrets = clusterSecrets(
      {
        admin,
        topology,
        ...(settings.by === 'operator' ? {} : { cookie }),
        ...(certificates === undefined ? {} : { certificates }),
      },
      place,
      login,
    );
    const { tls } = settings;
    const requests =
      topology.broker?.tls !== undefined && 'issuer' in tls ? [certificateRequest(tls, place)] : [];
    return [...secrets, ...requests].map((object) => this.make(object, []));
  }

  private makeGuards(): readonly pulumi.Resource[] {
    const { topology, settings, place } = this.args;
    return [disruptionBudget(place), ...networkPolicies(topology, settings, place)].map((object) =>
      this.make(object, []),
    );
  }

  /** A new cluster passes them at once. */
  private makeGates(trigger: string, dependsOn: readonly pulumi.Resource[]): readonly pulumi.Resource[] {
    const { topology, warrenProvider, place } = this.args;
    return this.nodeNames.map(
      (node, index) =>
        new RollingGate(
          `before-${STATEFUL_SET}-${index}`,
          {
            cluster: place.instance,
            namespace: place.namespace,
            node,
            version: topology.target,
            trigger,
            timeoutSeconds: GATE_SECONDS,
          },
          { parent: this, provider: warrenProvider, dependsOn: [...dependsOn] },
        ),
    );
  }

  private awaitNodes(trigger: string, nodes: readonly pulumi.CustomResource[]): ClusterReady {
    const { warrenProvider, place, settings } = this.args;
    const own = { parent: this, provider: warrenProvider };
    const seconds = START_SECONDS + Math.ceil(settings.gracePeriodMs / 1000);
    const rolled = new NodesRolled(
      'rolled',
      {
        ...this.where(),
        ...(settings.by === 'operator' ? { rabbitmqCluster: CLUSTER } : {}),
        trigger,
        timeoutSeconds: seconds * this.nodeNames.length,
      },
      { ...own, dependsOn: [...nodes] },
    );
    const served = this.awaitCertificates(rolled);
    return new ClusterReady(
      'ready',
      {
        cluster: place.instance,
        nodes: [...this.nodeNames],
        containers: [trigger],
        ...givenBy(settings),
        timeoutSeconds: READY_SECONDS,
        namespace: place.namespace,
      },
      { ...own, dependsOn: [rolled, ...served] },
    );
  }

  /** The Secret changes where it is: no pod is replaced, and each shows the new one a moment later. */
  private awaitCertificates(rolled: pulumi.Resource): readonly pulumi.Resource[] {
    const { certificates, warrenProvider, topology, settings } = this.args;
    const tls = topology.broker?.tls;
    if (certificates === undefined || tls === undefined) return [];
    const folder = settings.by === 'operator' ? OPERATOR_TLS_FOLDER : TLS_FOLDER;
    return [
      new CertificatesServed(
        'served',
        {
          ...this.where(),
          nodes: this.nodeNames.length,
          ports: [tls.port, MANAGEMENT_TLS_PORT],
          certificate: certificates.certificate,
          file: `${folder}/tls.crt`,
          timeoutSeconds: CERTIFICATE_SECONDS,
        },
        { parent: this, provider: warrenProvider, dependsOn: [rolled] },
      ),
    ];
  }

  private where() {
    const { kubeconfig, context, place } = this.args;
    return {
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(context === undefined ? {} : { context }),
      namespace: place.namespace,
      statefulSet: STATEFUL_SET,
    };
  }
}

/** Noted when all nodes show it: `warren rotate` sees there what is over. */
function givenBy({ tls }: ClusterSettings): { given?: Record<string, number> } {
  const generation = 'generation' in tls ? tls.generation : 1;
  // Left out where it says nothing: clusters that are there stay as they are.
  return generation === 1 ? {} : { given: { certificate: generation } };
}

function digestOf(objects: readonly KubernetesObject[]): string {
  return crypto.createHash('sha256').update(canonicalJson(objects)).digest('hex');
}
