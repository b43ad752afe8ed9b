/**
 * A RabbitMQ cluster on a Docker host: a network, and for each node a volume and a container; HAProxy in front of more
 * than one. The nodes start together. When they change later, they are replaced one after the other, each only when
 * the cluster can do without it.
 */
import * as crypto from 'node:crypto';
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { enabledPlugins, loginConf } from '../../platform/nodeConf';
import { canonicalJson } from '../../topology/objects';
import type { Topology } from '../../topology/model';
import { TLS_FOLDER } from '../../topology/render/rabbitmqConf';
import type { Provider } from '../../provider/warren/resources';
import {
  ClusterCookie,
  ClusterIdentity,
  ClusterReady,
  RollingGate,
} from '../../provider/warren/stepResources';
import { labelsOf, limitsOf, type Place } from '../objects';
import type { ClusterSettings } from '../settings';
import { hostOf, nodeConf, nodeName } from './conf';
import { haproxyConf, type ProxiedPort } from './haproxy';
import { MANAGEMENT_PORT, MANAGEMENT_TLS_PORT, managementOf, type Management } from './management';

export interface ClusterArgs {
  readonly place: Place;
  readonly topology: Topology;
  readonly settings: ClusterSettings;
  /** PEM texts, where the topology has `broker.tls`. */
  readonly certificates?: {
    readonly ca: pulumi.Input<string>;
    readonly certificate: pulumi.Input<string>;
    /** Secret. */
    readonly key: pulumi.Input<string>;
  };
  /** Secret; the same for every node. */
  readonly cookie: pulumi.Output<string>;
  /** The administrator that a new cluster begins with. */
  readonly bootstrap: { readonly username: string; readonly password: pulumi.Output<string> };
  /** Asks the cluster itself, when nodes are to be replaced. */
  readonly warrenProvider: Provider;
}

/** Inside of the network, one name for whoever answers. */
export const BROKER_HOST = 'rabbitmq';
export const AMQP_PORT = 5672;

const STOP_SECONDS = 120;
const READY_SECONDS = 300;
const GATE_SECONDS = 900;
/** For a node that is just on its way back. */
const COOKIE_SECONDS = 120;
/** Every check starts an Erlang machine. */
const HEALTHCHECK = {
  tests: ['CMD', 'rabbitmq-diagnostics', '-q', 'check_running'],
  interval: '1m0s',
  timeout: '30s',
  startPeriod: '1m0s',
  retries: 3,
};

export class Cluster extends pulumi.ComponentResource {
  readonly network: docker.Network;
  /** Done when all nodes run: what needs the broker depends on it. */
  readonly ready: ClusterReady;
  /** `rabbit@host` of each. */
  readonly nodeNames: readonly string[];
  private readonly identity: ClusterIdentity;

  constructor(
    name: string,
    private readonly args: ClusterArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super('warren:docker:Cluster', name, {}, options);
    const { place, settings } = args;
    const own = { parent: this, provider: place.provider };
    this.identity = new ClusterIdentity(
      'identity',
      { cluster: place.prefix, owner: place.owner },
      { parent: this, provider: args.warrenProvider },
    );
    this.network = new docker.Network(
      'network',
      { name: place.prefix, labels: labelsOf(place) },
      { ...own, dependsOn: [this.identity] },
    );
    const image = new docker.RemoteImage('rabbitmq', { name: this.image(), keepLocally: true }, own);
    const nodes = this.makeNodes(image);
    this.nodeNames = nodes.map((_, index) => nodeName(index + 1));
    if (nodes.length > 1) this.makeProxy(nodes);
    this.ready = new ClusterReady(
      'ready',
      {
        cluster: place.prefix,
        nodes: [...this.nodeNames],
        containers: nodes.map(({ id }) => id),
        given: givenBy(settings),
        timeoutSeconds: READY_SECONDS,
      },
      { parent: this, provider: args.warrenProvider, dependsOn: nodes },
    );
    this.registerOutputs({ image: settings.image });
  }

  private image(): string {
    return this.args.settings.image ?? `rabbitmq:${this.args.topology.target}-management`;
  }

  private size(): number {
    return this.args.topology.broker?.nodes ?? 1;
  }

  /** One after the other by the gates between them, which a new cluster passes at once. */
  private makeNodes(image: docker.RemoteImage): docker.Container[] {
    const cookie = this.makeCookie();
    const nodes: docker.Container[] = [];
    for (let number = 1; number <= this.size(); number++) {
      nodes.push(this.makeNode(number, image, [cookie, ...nodes.slice(-1)]));
    }
    return nodes;
  }

  private makeCookie(): ClusterCookie {
    const { place, cookie, warrenProvider } = this.args;
    return new ClusterCookie(
      'cookie',
      {
        cluster: place.prefix,
        owner: place.owner,
        hosts: Array.from({ length: this.size() }, (_, index) => hostOf(index + 1)),
        cookie,
        ...(place.host === undefined ? {} : { dockerHost: place.host }),
        timeoutSeconds: COOKIE_SECONDS,
      },
      { parent: this, provider: warrenProvider, dependsOn: [this.identity] },
    );
  }

  private makeNode(number: number, image: docker.RemoteImage, before: pulumi.Resource[]): docker.Container {
    const { place, settings, topology, warrenProvider } = this.args;
    const own = { parent: this, provider: place.provider };
    const name = `${place.prefix}-${hostOf(number)}`;
    const volume = new docker.Volume(
      hostOf(number),
      { name, labels: labelsOf(place) },
      // A changed label would replace the volume, and take its messages away.
      {
        ...own,
        ignoreChanges: ['labels'],
        retainOnDelete: settings.keepVolumes,
        dependsOn: [this.identity],
      },
    );
    const args: docker.ContainerArgs = {
      name,
      image: image.name,
      hostname: hostOf(number),
      labels: labelsOf(place),
      networksAdvanced: [
        { name: this.network.name, aliases: [hostOf(number), ...(this.size() === 1 ? [BROKER_HOST] : [])] },
      ],
      ports: this.size() === 1 ? this.published() : [],
      volumes: [{ volumeName: volume.name, containerPath: '/var/lib/rabbitmq' }],
      uploads: this.filesOf(number),
      healthcheck: HEALTHCHECK,
      restart: 'unless-stopped',
      destroyGraceSeconds: STOP_SECONDS,
      stopTimeout: STOP_SECONDS,
      ...limitsOf(settings),
    };
    const gate = new RollingGate(
      `before-${hostOf(number)}`,
      {
        cluster: place.prefix,
        node: nodeName(number),
        version: topology.target,
        trigger: digestOf(args),
        timeoutSeconds: GATE_SECONDS,
      },
      { parent: this, provider: warrenProvider, dependsOn: before },
    );
    return new docker.Container(hostOf(number), args, {
      ...own,
      deleteBeforeReplace: true,
      dependsOn: [gate],
    });
  }

  private filesOf(number: number): docker.types.input.ContainerUpload[] {
    const { topology, settings, place, cookie, bootstrap, certificates } = this.args;
    const { memoryBytes } = settings;
    const conf = nodeConf(topology, {
      clusterName: place.prefix,
      number,
      nodes: this.size(),
      isBehindProxy: this.size() > 1,
      hasManagementTls: this.management().isTls,
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
    });
    const login = bootstrap.password.apply((password) =>
      loginConf({ username: bootstrap.username, password }),
    );
    return [
      { file: '/etc/rabbitmq/conf.d/50-warren.conf', content: conf },
      { file: '/etc/rabbitmq/conf.d/60-login.conf', content: login },
      { file: '/etc/rabbitmq/enabled_plugins', content: enabledPlugins(topology) },
      // Into the volume; the image's start gives it to RabbitMQ's user.
      { file: '/var/lib/rabbitmq/.erlang.cookie', content: cookie, permissions: '0400' },
      ...(certificates === undefined
        ? []
        : [
            { file: `${TLS_FOLDER}/ca.crt`, content: certificates.ca },
            { file: `${TLS_FOLDER}/tls.crt`, content: certificates.certificate },
            { file: `${TLS_FOLDER}/tls.key`, content: certificates.key },
          ]),
    ];
  }

  private makeProxy(nodes: readonly docker.Container[]): void {
    const { place, settings, topology } = this.args;
    const own = { parent: this, provider: place.provider };
    const image = new docker.RemoteImage('haproxy', { name: settings.haproxyImage, keepLocally: true }, own);
    const name = `${place.prefix}-haproxy`;
    new docker.Container(
      'haproxy',
      {
        name,
        image: image.name,
        hostname: 'haproxy',
        labels: labelsOf(place),
        networksAdvanced: [{ name: this.network.name, aliases: [BROKER_HOST] }],
        ports: this.published(),
        uploads: [
          {
            file: '/usr/local/etc/haproxy/haproxy.cfg',
            content: haproxyConf(this.proxied(), topology.broker?.connectionMax),
          },
        ],
        restart: 'unless-stopped',
        // Its connections end with it in any case: clients come back at once.
        destroyGraceSeconds: 1,
      },
      // The ports were the first node's own, where it was the only one.
      { ...own, deleteBeforeReplace: true, dependsOn: nodes.slice(0, 1) },
    );
  }

  private proxied(): ProxiedPort[] {
    const { tls } = this.args.topology.broker ?? {};
    const messages = { isProxyProtocol: true, isAtOneNode: false };
    const management = { isProxyProtocol: false, isAtOneNode: true };
    return [
      ...(tls?.only === true ? [] : [{ name: 'amqp', port: AMQP_PORT, ...messages }]),
      ...(tls === undefined ? [] : [{ name: 'amqps', port: tls.port, ...messages }]),
      // For the stack's own containers, in any case.
      { name: 'management', port: MANAGEMENT_PORT, ...management },
      ...(this.management().isTls
        ? [{ name: 'management-tls', port: MANAGEMENT_TLS_PORT, ...management }]
        : []),
    ];
  }

  /** In the order of the inner ports, as Docker's provider keeps them. */
  private published(): docker.types.input.ContainerPort[] {
    const { settings, topology } = this.args;
    const { address, managementAddress, amqpPort, amqpsPort } = settings;
    const { tls } = topology.broker ?? {};
    const { port, innerPort } = this.management();
    return [
      ...(tls === undefined ? [] : [{ internal: tls.port, external: amqpsPort, ip: address }]),
      ...(tls?.only === true ? [] : [{ internal: AMQP_PORT, external: amqpPort, ip: address }]),
      { internal: innerPort, external: port, ip: managementAddress },
    ].sort((a, b) => a.internal - b.internal);
  }

  private management(): Management {
    return managementOf(this.args.settings, this.args.topology.broker);
  }
}

/** Noted when all nodes have it: `warren rotate` sees there what is over. */
function givenBy({ cookie, tls }: ClusterSettings): Record<string, number> {
  const certificate = tls !== undefined && 'generation' in tls ? tls.generation : 1;
  return { cookie, certificate };
}

/** Not secret, though it is made of secrets: they are long random texts. */
function digestOf(args: docker.ContainerArgs): pulumi.Output<string> {
  return pulumi.unsecret(
    pulumi
      .output(args as pulumi.Input<object>)
      .apply((values) => crypto.createHash('sha256').update(canonicalJson(values)).digest('hex')),
  );
}
