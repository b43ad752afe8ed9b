/** The `warren` package's steps: resources that are nothing on a broker, but points that an operation passes. */
import * as pulumi from '@pulumi/pulumi';

export interface ClusterIdentityArgs {
  readonly cluster: pulumi.Input<string>;
  /** The value of its objects' label, which follows from the stack's seed. */
  readonly owner: pulumi.Input<string>;
}

/** Refuses another name and another seed for a cluster that is there. Whatever either would replace depends on it. */
export class ClusterIdentity extends pulumi.CustomResource {
  constructor(name: string, args: ClusterIdentityArgs, options?: pulumi.CustomResourceOptions) {
    super('warren:index:ClusterIdentity', name, { ...args }, options);
  }
}

export interface RollingGateArgs {
  /** The cluster's name, for messages. */
  readonly cluster: pulumi.Input<string>;
  /** The node behind it: `rabbit@host`. */
  readonly node: pulumi.Input<string>;
  /** RabbitMQ's series: `4.3`. A hop that RabbitMQ doesn't support is refused by the preview. */
  readonly version: pulumi.Input<string>;
  /** A digest of all that the node's container is made of. */
  readonly trigger: pulumi.Input<string>;
  /** How long it waits at most. */
  readonly timeoutSeconds: pulumi.Input<number>;
  /** Kubernetes', for messages; left out on Docker. */
  readonly namespace?: pulumi.Input<string>;
}

/** Lets the container of a node be replaced when the cluster can do without the node. Depends on the one before. */
export class RollingGate extends pulumi.CustomResource {
  constructor(name: string, args: RollingGateArgs, options?: pulumi.CustomResourceOptions) {
    super('warren:index:RollingGate', name, { ...args }, options);
  }
}

export interface ClusterCookieArgs {
  /** The cluster's name, which begins those of its containers. */
  readonly cluster: pulumi.Input<string>;
  /** Of the containers' label: others are never touched. */
  readonly owner: pulumi.Input<string>;
  /** Host names of the nodes. */
  readonly hosts: pulumi.Input<pulumi.Input<string>[]>;
  readonly cookie: pulumi.Input<string>;
  /** Of the containers' Docker Engine, as in DOCKER_HOST. */
  readonly dockerHost?: pulumi.Input<string>;
  readonly timeoutSeconds: pulumi.Input<number>;
}

/** Gives all nodes that run another Erlang cookie, before the first of their containers is replaced. */
export class ClusterCookie extends pulumi.CustomResource {
  constructor(name: string, args: ClusterCookieArgs, options?: pulumi.CustomResourceOptions) {
    super('warren:index:ClusterCookie', name, { ...args, cookie: pulumi.secret(args.cookie) }, options);
  }
}

/** Where the nodes of a cluster on Kubernetes are. */
interface StatefulSetArgs {
  /** File and context, as of kubectl. */
  readonly kubeconfig?: pulumi.Input<string>;
  readonly context?: pulumi.Input<string>;
  readonly namespace: pulumi.Input<string>;
  readonly statefulSet: pulumi.Input<string>;
}

export interface VolumeClaimsArgs extends StatefulSetArgs {
  /** How many. */
  readonly nodes: pulumi.Input<number>;
  /** Name of the claims' template, which begins their own. */
  readonly template: pulumi.Input<string>;
  /** Whether the cluster operator makes the StatefulSet, which grows volumes by itself. */
  readonly isOperators: pulumi.Input<boolean>;
  /** Of each volume, in Kubernetes' quantities. */
  readonly storage: pulumi.Input<string>;
  readonly storageClass?: pulumi.Input<string>;
}

/** Refuses volumes that Kubernetes can't make of those that are there. Whatever would try depends on it. */
export class VolumeClaims extends pulumi.CustomResource {
  constructor(name: string, args: VolumeClaimsArgs, options?: pulumi.CustomResourceOptions) {
    super('warren:index:VolumeClaims', name, { ...args }, options);
  }
}

export interface ClusterReadyArgs {
  readonly cluster: pulumi.Input<string>;
  /** `rabbit@host` of each node. */
  readonly nodes: pulumi.Input<pulumi.Input<string>[]>;
  /** The ids of their containers, or whatever else changes with them. */
  readonly containers: pulumi.Input<pulumi.Input<string>[]>;
  /** What all of them have by now, as numbers by what it is: noted for whoever rotates that. */
  readonly given?: pulumi.Input<Record<string, number>>;
  readonly timeoutSeconds: pulumi.Input<number>;
  /** Kubernetes', for messages; left out on Docker. */
  readonly namespace?: pulumi.Input<string>;
}

/** Waits until all nodes are one cluster. */
export class ClusterReady extends pulumi.CustomResource {
  constructor(name: string, args: ClusterReadyArgs, options?: pulumi.CustomResourceOptions) {
    super('warren:index:ClusterReady', name, { ...args }, options);
  }
}

export interface NodesRolledArgs extends StatefulSetArgs {
  /** The operator's custom resource, where the StatefulSet is made of one. */
  readonly rabbitmqCluster?: pulumi.Input<string>;
  /** A digest of what the nodes are made of. */
  readonly trigger: pulumi.Input<string>;
  readonly timeoutSeconds: pulumi.Input<number>;
}

/** Waits until Kubernetes has replaced all nodes of a cluster that has changed. */
export class NodesRolled extends pulumi.CustomResource {
  constructor(name: string, args: NodesRolledArgs, options?: pulumi.CustomResourceOptions) {
    super('warren:index:NodesRolled', name, { ...args }, options);
  }
}

export interface CertificatesServedArgs extends StatefulSetArgs {
  /** How many. */
  readonly nodes: pulumi.Input<number>;
  /** Where they speak TLS. */
  readonly ports: pulumi.Input<pulumi.Input<number>[]>;
  /** PEM text. */
  readonly certificate: pulumi.Input<string>;
  /** Where the pods have it. */
  readonly file: pulumi.Input<string>;
  readonly timeoutSeconds: pulumi.Input<number>;
}

/** Waits until all nodes of a cluster on Kubernetes show a certificate that has changed where it is. */
export class CertificatesServed extends pulumi.CustomResource {
  constructor(name: string, args: CertificatesServedArgs, options?: pulumi.CustomResourceOptions) {
    super('warren:index:CertificatesServed', name, { ...args }, options);
  }
}

export interface DefinitionsArgs {
  readonly cluster: pulumi.Input<string>;
  /** Its name, for messages. */
  readonly file: pulumi.Input<string>;
  readonly content: pulumi.Input<string>;
  /** Users of a cluster that is new. */
  readonly users: pulumi.Input<pulumi.Input<string>[]>;
  /** Users of the file that stay out, to be told. */
  readonly leftOut: pulumi.Input<pulumi.Input<string>[]>;
}

/** Loads definitions into a new cluster, once. */
export class Definitions extends pulumi.CustomResource {
  constructor(name: string, args: DefinitionsArgs, options?: pulumi.CustomResourceOptions) {
    super('warren:index:Definitions', name, { ...args }, options);
  }
}

export interface QuorumCopiesArgs {
  readonly cluster: pulumi.Input<string>;
  /** `rabbit@host` of each node. */
  readonly nodes: pulumi.Input<pulumi.Input<string>[]>;
  /** Copies of a quorum queue that doesn't say how many it wants. */
  readonly sizeDefault: pulumi.Input<number>;
  /** What asks for other numbers. */
  readonly sizes: pulumi.Input<pulumi.Input<string>[]>;
  /** Kubernetes', for messages; left out on Docker. */
  readonly namespace?: pulumi.Input<string>;
}

/** Gives quorum queues the copies that they lack, when nodes have joined, or other numbers are asked for. */
export class QuorumCopies extends pulumi.CustomResource {
  constructor(name: string, args: QuorumCopiesArgs, options?: pulumi.CustomResourceOptions) {
    super('warren:index:QuorumCopies', name, { ...args }, options);
  }
}

export interface ClusterGuardArgs {
  readonly cluster: pulumi.Input<string>;
  /** Whether the volumes outlive the cluster. */
  readonly isKept: pulumi.Input<boolean>;
  /** Kubernetes', for messages; left out on Docker. */
  readonly namespace?: pulumi.Input<string>;
}

/** Refuses its deletion while queues of the cluster hold messages. Everything that must outlast it is what it depends on. */
export class ClusterGuard extends pulumi.CustomResource {
  constructor(name: string, args: ClusterGuardArgs, options?: pulumi.CustomResourceOptions) {
    super('warren:index:ClusterGuard', name, { ...args }, options);
  }
}

export interface ConsumersReadyArgs {
  readonly fleet: pulumi.Input<string>;
  readonly vhost: pulumi.Input<string>;
  readonly queues: pulumi.Input<pulumi.Input<string>[]>;
  /** The fewest consumers that each of the queues must have. */
  readonly consumers: pulumi.Input<number>;
  /** By queue: those of other fleets, which look alike where consumers are only counted. */
  readonly otherConsumers?: pulumi.Input<Record<string, number>>;
  /** The ids of the workers' containers on Docker; none elsewhere. */
  readonly containers: pulumi.Input<pulumi.Input<string>[]>;
  /** Something that changes with their login, where they aren't replaced under other ids. */
  readonly login?: pulumi.Input<string>;
  /** It stands between two workers, and waits only where they are replaced. */
  readonly isGate?: pulumi.Input<boolean>;
  /** All of the fleet's containers, by name: as many consumers as run of them are enough for a gate. */
  readonly peers?: pulumi.Input<pulumi.Input<string>[]>;
  /** Whether the broker sees the containers' own addresses. */
  readonly isDirect?: pulumi.Input<boolean>;
  /** Of the containers' Docker Engine, as in DOCKER_HOST. */
  readonly dockerHost?: pulumi.Input<string>;
  readonly timeoutSeconds: pulumi.Input<number>;
  /** Where to look when they don't, as a sentence; Docker's logs where it is left out. */
  readonly wayOut?: pulumi.Input<string>;
}

/** Waits until the workers of a fleet consume. */
export class ConsumersReady extends pulumi.CustomResource {
  constructor(name: string, args: ConsumersReadyArgs, options?: pulumi.CustomResourceOptions) {
    super('warren:index:ConsumersReady', name, { ...args }, options);
  }
}

export interface CredentialDrainArgs {
  /** By user of the topology: the names on the broker of its generations that stay. */
  readonly users: pulumi.Input<Record<string, string[]>>;
  /** For how long it waits for the clients of a generation that goes. */
  readonly timeoutSeconds: pulumi.Input<number>;
}

/**
 * Waits until nobody is logged in as a generation that goes, and refuses the end of a user that is in use. It depends
 * on all that gives clients the newer login; a user is deleted at the end of the operation, or not at all.
 */
export class CredentialDrain extends pulumi.CustomResource {
  constructor(name: string, args: CredentialDrainArgs, options?: pulumi.CustomResourceOptions) {
    super('warren:index:CredentialDrain', name, { ...args }, options);
  }
}
