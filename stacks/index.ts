/** The Pulumi program: configuration, topology file, compiled objects, resources. `pulumi up` starts here. */
import * as pulumi from '@pulumi/pulumi';
import type { DockerSettings } from '../docker/settings';
import type { KubernetesSettings } from '../k8s/settings';
import type { PortForwardArgs } from '../provider/warren/resources';
import { load } from '../topology/index';
import type { Topology } from '../topology/model';
import { renderDiagnostics } from '../topology/render/diagnostics';
import { identityKey, type BrokerObject } from '../topology/objects';
import { inCreationOrder } from '../topology/order';
import { ADOPTING_VARIABLE, isAdopting } from '../broker/api/environment';
import { inventory } from '../provider/warren/resources';
import type { Providers } from './brokerLogin';
import {
  certificateProvider,
  clusterProvider,
  connect,
  connectToAdopt,
  generationsOf,
  newestCredential,
  passwordOf,
  removeUnwantedUsers,
} from './brokerLogin';
import { withOwnDocker } from './dockerConnection';
import { isOwnUser, readDefinitionsFile } from './definitionsFile';
import { Drain } from './drain';
import { refuseAmbiguous } from './givenPasswords';
import { withOwnKubernetes } from './kubernetesConnection';
import { loginsOf } from './logins';
import { refusePlainListeners } from './plainListeners';
import { refusal } from './refusal';
import { readSettings, type Settings } from './settings';
import { SCALER_USER, scalerObjects, workersToScale } from './scalerUser';
import { readTopologyText } from './topologyText';
import type { MonitoringOutputs } from './dockerPlatform';
import { TopologyResources } from './topologyResources';

interface Outputs {
  readonly management: string;
  readonly amqp?: string;
  readonly admin: { readonly username: string; readonly password: pulumi.Output<string> };
  /** The way to both of a cluster on Kubernetes, for `warren`'s own commands. */
  readonly portForward?: pulumi.Input<PortForwardArgs>;
  /** PEM text of the authorities that the nodes' certificates are from, where they have any. */
  readonly ca?: pulumi.Input<string>;
  /** The name that the certificate of its management API is for, where that isn't the address itself. */
  readonly serverName?: pulumi.Input<string>;
  /** By user of the topology: the newest generation's name and password, and the vhosts it may enter. */
  readonly users: Record<string, { username: string; password: pulumi.Output<string>; vhosts: string[] }>;
  /** Prometheus and Grafana, where the stack brings them. */
  readonly monitoring?: MonitoringOutputs;
}

interface Loaded {
  readonly objects: readonly BrokerObject[];
  readonly topology: Topology;
}

function program(): Outputs | Promise<Outputs> {
  const given = readSettings(new pulumi.Config(), process.env);
  const loaded = loadObjects(given);
  const settings = withOwnKubernetes(withOwnDocker(given, loaded.topology), loaded.topology);
  const { objects } = loaded;
  spareDebugging(process.env);
  if (isAdopting(process.env)) return adopt(settings, objects);
  if (settings.docker !== undefined) return onDocker(settings, settings.docker, loaded);
  if (settings.kubernetes !== undefined) return onKubernetes(settings, settings.kubernetes, loaded);
  const login = connect(settings, {});
  const drain = new Drain(settings, objects, login.warrenProvider);
  const topology = register(settings, objects, login, { afterDrain: drain.beforeTopology() });
  drain.after([topology]);
  removeUnwantedUsers(settings, login, topology.users, {});
  return outputsOf(settings, objects);
}

/** Docker's cluster before the topology, and the workers after it. */
async function onDocker(
  given: Settings,
  docker: DockerSettings,
  { objects, topology: model }: Loaded,
): Promise<Outputs> {
  if (given.isProduction) refusePlainListeners(given.stack, docker, model);
  // Docker's classes take a while to load, and most stacks have nothing on Docker.
  const { DockerPlatform } = await import('./dockerPlatform.js');
  const file = docker.cluster?.definitions;
  const definitions = file === undefined ? {} : { definitions: readDefinitionsFile(file, isOwnUser(given)) };
  const trusting = (ca: pulumi.Input<string> | undefined): Settings =>
    given.connection.endpoint.startsWith('https:') ? withAuthority(given, ca) : given;
  const platform = new DockerPlatform(
    { settings: given, docker, topology: model, ...definitions },
    (ca) => clusterProvider(trusting(ca)),
    () => certificateProvider(given),
  );
  const settings = trusting(platform.trustedNow);
  const ready = platform.cluster?.ready;
  const login = connect(
    settings,
    ready === undefined ? {} : { dependsOn: [...platform.begun], deletedWith: ready },
  );
  const scaled = workersToScale(docker, model);
  const withScaler = inCreationOrder([...objects, ...scalerObjects(scaled)]);
  const drain = new Drain(settings, withScaler, login.warrenProvider);
  const topology = register(settings, withScaler, login, {
    afterDrain: drain.beforeTopology(),
    deletedWith: ready,
  });
  removeUnwantedUsers(settings, login, topology.users, {});
  const fleets = platform.makeFleets((user) => newestCredential(settings, user), login.warrenProvider, [
    topology,
  ]);
  const fleetsToScale = fleets.filter(({ isHere, worker }) => isHere && scaled.includes(worker));
  const credential = newestCredential(settings, SCALER_USER);
  const scaler = scaled.length === 0 ? [] : [platform.makeScaler(fleetsToScale, credential, [topology])];
  const copies = platform.spread(login.warrenProvider, objects, topology);
  const monitoring = platform.makeMonitoring(objects);
  const holders = [topology, ...fleets.map(({ fleet }) => fleet), ...scaler];
  drain.after(holders);
  platform.guard(login.warrenProvider, [
    ...holders,
    ...copies,
    ...(monitoring === undefined ? [] : [monitoring]),
  ]);
  const places = platform.monitoringOutputs();
  return {
    ...outputsOf(settings, objects),
    ...(places === undefined ? {} : { monitoring: places }),
    ...(platform.trusted === undefined ? {} : { ca: platform.trusted }),
  };
}

/** For who meets the nodes' own certificate. */
function withAuthority(settings: Settings, ca: pulumi.Input<string> | undefined): Settings {
  return ca === undefined ? settings : { ...settings, connection: { ...settings.connection, cacert: ca } };
}

/** Kubernetes' cluster before the topology, and the workers after it. */
async function onKubernetes(
  given: Settings,
  kubernetes: KubernetesSettings,
  { objects, topology: model }: Loaded,
): Promise<Outputs> {
  const { KubernetesPlatform } = await import('./kubernetesPlatform.js');
  const isInside = kubernetes.cluster?.access === 'inside';
  // Who comes by the Service's own name sees the node's certificate; whoever else doesn't, or trusts a file.
  const trusting = (ca: pulumi.Input<string> | undefined): Settings =>
    isInside ? withAuthority(given, ca) : given;
  const platform = new KubernetesPlatform(
    { settings: given, kubernetes, topology: model },
    (ca) => clusterProvider(trusting(ca)),
    () => certificateProvider(given),
  );
  const settings = trusting(platform.trusted);
  const ready = platform.cluster?.ready;
  const login = connect(settings, ready === undefined ? {} : { dependsOn: [ready], deletedWith: ready });
  const withFigures = platform.needsFigures
    ? inCreationOrder([...objects, ...scalerObjects(model.workers)])
    : objects;
  const drain = new Drain(settings, withFigures, login.warrenProvider);
  const topology = register(settings, withFigures, login, {
    afterDrain: drain.beforeTopology(),
    deletedWith: ready,
  });
  removeUnwantedUsers(settings, login, topology.users, {});
  const figures = newestCredential(settings, SCALER_USER);
  const fleets = platform.makeFleets(figures, login.warrenProvider, [topology]);
  const copies = platform.spread(login.warrenProvider, objects, topology);
  platform.makeMonitoring(objects);
  drain.after([topology, ...fleets]);
  platform.guard(login.warrenProvider, [topology, ...fleets, ...copies]);
  const { portForward } = settings.connection;
  return {
    ...outputsOf(settings, objects),
    ...(portForward === undefined ? {} : { portForward }),
    ...(platform.trusted === undefined ? {} : { ca: platform.trusted }),
  };
}

/** Registers what is on the broker: the providers read it into the state, and write nothing. */
async function adopt(settings: Settings, objects: readonly BrokerObject[]): Promise<Outputs> {
  const named = process.env[ADOPTING_VARIABLE];
  if (named !== settings.stack) {
    throw refusal(
      `${ADOPTING_VARIABLE} is "${named}", and this is the stack ${settings.stack}. It is for \`warren import --adopt\` alone: take it out of the environment.`,
    );
  }
  const providers = connectToAdopt(settings, {});
  const there = await inventory(providers.warrenProvider).catch((error: unknown) => {
    throw refusal(error instanceof Error ? error.message : String(error));
  });
  // Where nothing is missing, nothing is left for the first `up` to make.
  const drain = new Drain(settings, objects, providers.warrenProvider);
  const topology = register(settings, objects, providers, {
    isWanted: (object) => there.has(identityKey(object)),
    afterDrain: drain.beforeTopology(),
  });
  drain.after([topology]);
  return outputsOf(settings, objects);
}

function register(
  settings: Settings,
  objects: readonly BrokerObject[],
  { rabbitmqProvider, warrenProvider }: Providers,
  {
    isWanted = () => true,
    afterDrain = [],
    deletedWith,
  }: {
    readonly isWanted?: (object: BrokerObject) => boolean;
    readonly afterDrain?: readonly pulumi.Resource[];
    readonly deletedWith?: pulumi.Resource | undefined;
  },
): TopologyResources {
  return new TopologyResources('topology', {
    ...(deletedWith === undefined ? {} : { deletedWith }),
    objects,
    isWanted,
    afterDrain,
    granularity: settings.granularity,
    rabbitmqProvider,
    warrenProvider,
    generationsOf: (user) => generationsOf(settings, user),
    passwordOf: (user, generation) => passwordOf(settings, user, generation),
    loginOf: loginsOf(settings, objects, (user) => newestCredential(settings, user)),
  });
}

function outputsOf(settings: Settings, objects: readonly BrokerObject[]): Outputs {
  const admin = newestCredential(settings, settings.adminUser);
  const { endpoint, serverName } = settings.connection;
  return {
    management: endpoint,
    ...(serverName === undefined ? {} : { serverName }),
    ...(settings.amqp === undefined ? {} : { amqp: settings.amqp }),
    admin,
    users: Object.fromEntries(
      objects
        .filter((object) => object.kind === 'user')
        .map(({ name }) => [name, { ...newestCredential(settings, name), vhosts: vhostsOf(objects, name) }]),
    ),
  };
}

/**
 * For each of some 30 promises per resource Pulumi's SDK keeps a stack trace, and for each of four debug messages it
 * waits for the engine: with 1,000 resources half of the program's time. PULUMI_DEBUG_PROMISE_LEAKS, the SDK's own
 * switch, keeps both.
 */
function spareDebugging(env: NodeJS.ProcessEnv): void {
  if (env.PULUMI_DEBUG_PROMISE_LEAKS !== undefined) return;
  Error.stackTraceLimit = 0;
  Object.assign(pulumi.log, { debug: () => Promise.resolve() });
}

/** The topology's broker objects; every diagnostic is shown, and an error ends the program before it registers anything. */
function loadObjects(settings: Settings): Loaded {
  const file = settings.topologyFile;
  const given = readTopologyText(file);
  if ('fault' in given) {
    throw refusal(
      `Can't read the topology ${file} (${given.fault}). The path is relative to the folder of Pulumi.yaml; set another with: pulumi config set topology FILE --stack ${settings.stack}`,
    );
  }
  const { objects, topology, diagnostics, sources } = load(given.text, file, {
    ...(settings.target === undefined ? {} : { target: settings.target }),
    readFile: readTopologyText,
  });
  const report = (): string => renderDiagnostics(diagnostics, sources, { format: 'text', color: false });
  if (objects === undefined || topology === undefined) throw refusal(report());
  refuseOwnNames(settings, objects, topology);
  refuseUnknownUsers(settings, objects);
  if (diagnostics.some((diagnostic) => diagnostic.severity === 'warning')) void pulumi.log.warn(report());
  return { objects, topology };
}

/** Users of the stack itself, which no topology may have beside them. */
function refuseOwnNames(settings: Settings, objects: readonly BrokerObject[], topology: Topology): void {
  const users = objects.filter((object) => object.kind === 'user').map(({ name }) => name);
  if (users.includes(settings.adminUser)) {
    throw refusal(
      `The topology has a user ${settings.adminUser}, the name of the stack's own administrator. Rename one of them: pulumi config set adminUser NAME --stack ${settings.stack}`,
    );
  }
  if (users.includes(SCALER_USER) && settings.kubernetes !== undefined) {
    throw refusal(
      `The topology has a user ${SCALER_USER}, the name of the one who counts messages for KEDA and for the workers' probes. Rename it in the topology.`,
    );
  }
  if (users.includes(SCALER_USER) && workersToScale(settings.docker, topology).length > 0) {
    throw refusal(
      `The topology has a user ${SCALER_USER}, the name of the scaler's own. Rename it in the topology, or leave the scaler out: pulumi config set --path docker.scaler false --stack ${settings.stack}`,
    );
  }
}

/** A name that matches nobody would be a rotation that silently never happens. */
function refuseUnknownUsers(settings: Settings, objects: readonly BrokerObject[]): void {
  const users = objects.filter((object) => object.kind === 'user').map((object) => object.name);
  const hasOwnUser = settings.docker !== undefined || settings.kubernetes !== undefined;
  const known = [...users, settings.adminUser, ...(hasOwnUser ? [SCALER_USER] : [])];
  const refuse = (key: string, names: readonly string[]): void => {
    const unknown = names.find((name) => !known.includes(name));
    if (unknown === undefined) return;
    throw refusal(
      `${key} names the user "${unknown}", which is neither in the topology nor the administrator: ${known.join(', ')}. Take it out with: pulumi config rm --path '${key}["${unknown}"]' --stack ${settings.stack}`,
    );
  };
  refuse('generations', Object.keys(settings.generations));
  refuse('handOver', settings.handOver);
  settings.passwords.apply((passwords) => {
    const isOfGeneration = (name: string): boolean => known.includes(name.replace(/-g\d+$/, ''));
    const others = Object.keys(passwords).filter((name) => !isOfGeneration(name));
    refuse('passwords', others);
    refuseAmbiguous(passwords, users, (user) => generationsOf(settings, user));
  });
}

function vhostsOf(objects: readonly BrokerObject[], user: string): string[] {
  return objects.flatMap((object) =>
    object.kind === 'permissions' && object.user === user ? [object.vhost] : [],
  );
}

export = program;
