/**
 * The `warren` package's resource classes: what RabbitMQ needs and `@pulumi/rabbitmq` lacks.
 * Served by provider/warren/pulumi-resource-warren, whose path stands in Pulumi.yaml.
 */
import * as pulumi from '@pulumi/pulumi';
import type { VhostTable } from './vhostTable';

/** A user name with its password, to be tried when logging in. */
export interface LoginCredentials {
  readonly username: string;
  readonly password: string;
}

/** How to reach the broker. */
export interface ConnectionArgs {
  /** Base URL of the management API, e.g. `https://rabbitmq.example.com:15671` (a path prefix is kept). */
  readonly endpoint: pulumi.Input<string>;
  /** Base URLs of all nodes of the cluster, tried in turn; `endpoint` alone where it is left out. */
  readonly endpoints?: pulumi.Input<pulumi.Input<string>[]>;
  /** HTTP proxy on the way, e.g. `http://proxy.example.com:3128`; it may hold a user name and a password. */
  readonly proxy?: pulumi.Input<string>;
  /** Limit of one request to one node, e.g. `30s`; 15 s where it is left out. What takes long has a multiple. */
  readonly requestTimeout?: pulumi.Input<string>;
  /** How long a broker that refuses connections or answers 503 is tried again, e.g. `1m`; 5 s where it is left out. */
  readonly retryBudget?: pulumi.Input<string>;
  readonly cacertFile?: pulumi.Input<string>;
  /** PEM text, in place of a file. */
  readonly cacert?: pulumi.Input<string>;
  readonly clientcertFile?: pulumi.Input<string>;
  readonly clientkeyFile?: pulumi.Input<string>;
  /** A name that the broker's certificate has to be for, in place of the endpoint's host. */
  readonly serverName?: pulumi.Input<string>;
  /** Names a cluster of the stack's own: where its address changes, it answers at the old one for a while. */
  readonly ownCluster?: pulumi.Input<string>;
  /** Accept any server certificate. For experiments only. */
  readonly insecure?: pulumi.Input<boolean>;
  /** Into a Kubernetes cluster, where the endpoint's name is known. */
  readonly portForward?: pulumi.Input<PortForwardArgs>;
}

/** The way to a pod, as `kubectl port-forward` goes it, to one that is ready at the time. */
export interface PortForwardArgs {
  /** A file; what `kubectl` would use where it is left out. */
  readonly kubeconfig?: pulumi.Input<string>;
  readonly context?: pulumi.Input<string>;
  readonly namespace: pulumi.Input<string>;
  /** Of the pods: `app.kubernetes.io/name=rabbitmq`. */
  readonly selector: pulumi.Input<string>;
}

/** As a provider takes them: configuration values are texts. */
export function connectionInputs(args: ConnectionArgs): pulumi.Inputs {
  const asText = (value: unknown): string | undefined =>
    value === undefined ? undefined : JSON.stringify(value);
  return {
    endpoint: args.endpoint,
    endpoints: pulumi.output(args.endpoints).apply(asText),
    proxy: args.proxy === undefined ? undefined : pulumi.secret(args.proxy),
    requestTimeout: args.requestTimeout,
    retryBudget: args.retryBudget,
    cacertFile: args.cacertFile,
    cacert: args.cacert,
    clientcertFile: args.clientcertFile,
    clientkeyFile: args.clientkeyFile,
    serverName: args.serverName,
    ownCluster: args.ownCluster,
    insecure: pulumi.output(args.insecure).apply(asText),
    portForward: pulumi.output(args.portForward).apply(asText),
  };
}

export interface ProviderArgs extends ConnectionArgs {
  /** The administrator that this stack owns: tried first. */
  readonly username: pulumi.Input<string>;
  readonly password: pulumi.Input<string>;
  /** Tried in this order where the administrator can't log in (yet): earlier generations, then the bootstrap user. */
  readonly fallbackCredentials?: pulumi.Input<LoginCredentials[]>;
  /** What may be lost, e.g. `queue orders@shop`. */
  readonly approve?: readonly string[];
  /** Fail where the broker can't be reached, instead of comparing with the state alone, as a preview does. */
  readonly requireBroker?: boolean;
}

/** How and as whom the `warren` resources reach the broker. Configuring it does no network I/O. */
export class Provider extends pulumi.ProviderResource {
  constructor(name: string, args: ProviderArgs, options?: pulumi.ResourceOptions) {
    super(
      'warren',
      name,
      {
        ...connectionInputs(args),
        username: args.username,
        password: pulumi.secret(args.password),
        fallbackCredentials: pulumi.secret(
          pulumi.output(args.fallbackCredentials ?? []).apply((list) => JSON.stringify(list)),
        ),
        ...(args.approve === undefined ? {} : { approve: JSON.stringify(args.approve) }),
        ...(args.requireBroker === true ? { requireBroker: 'true' } : {}),
      },
      options,
    );
  }
}

const INVENTORY = 'warren:index:inventory';

/** What is on the broker, by `identityKey`. @throws Error in the provider's words where it can't be asked */
export async function inventory(provider: Provider): Promise<ReadonlySet<string>> {
  try {
    const found = (await pulumi.runtime.invoke(INVENTORY, {}, { provider })) as {
      readonly identities: readonly string[];
    };
    return new Set(found.identities);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(message.replace(/^invocation of \S+ returned an error: /i, ''), { cause: error });
  }
}

export interface AdminArgs {
  readonly username: pulumi.Input<string>;
  readonly password: pulumi.Input<string>;
}

/**
 * The administrator that this stack logs in with: created with whichever credential of the provider's still works,
 * then verified by logging in with it. Deleting the resource deletes the user only when the provider logs in as
 * another one; the provider's own administrator stays on the broker, so that nobody is ever locked out.
 */
export class Admin extends pulumi.CustomResource {
  declare readonly username: pulumi.Output<string>;
  declare readonly password: pulumi.Output<string>;

  constructor(name: string, args: AdminArgs, options?: pulumi.CustomResourceOptions) {
    super(
      'warren:index:Admin',
      name,
      { username: args.username, password: pulumi.secret(args.password) },
      pulumi.mergeOptions(options, { additionalSecretOutputs: ['password'] }),
    );
  }
}

export interface AbsentUserArgs {
  /** The user that must not exist, e.g. `guest`. */
  readonly username: pulumi.Input<string>;
}

/** A user that must not exist. Found again by `refresh` if somebody brings it back; deleting the resource does nothing. */
export class AbsentUser extends pulumi.CustomResource {
  declare readonly username: pulumi.Output<string>;

  constructor(name: string, args: AbsentUserArgs, options?: pulumi.CustomResourceOptions) {
    super('warren:index:AbsentUser', name, { ...args }, options);
  }
}

export interface VhostSettingsArgs {
  readonly vhost: pulumi.Input<string>;
  readonly description?: pulumi.Input<string>;
  readonly tags?: pulumi.Input<pulumi.Input<string>[]>;
  readonly defaultQueueType?: pulumi.Input<string>;
  /** RabbitMQ 4.1 and later. Deleting the vhost then needs the approval `vhost NAME`, or `false` here first. */
  readonly deletionProtection?: pulumi.Input<boolean>;
}

/**
 * Description, tags, default queue type and protection of a vhost that exists. What is left out, or taken out, stays
 * as it is; so does everything when the resource is deleted.
 */
export class VhostSettings extends pulumi.CustomResource {
  constructor(name: string, args: VhostSettingsArgs, options?: pulumi.CustomResourceOptions) {
    super('warren:index:VhostSettings', name, { ...args }, options);
  }
}

export interface VhostLimitsArgs {
  readonly vhost: pulumi.Input<string>;
  /** 0 shuts everyone out; -1 or absent is no limit. */
  readonly maxConnections?: pulumi.Input<number>;
  readonly maxQueues?: pulumi.Input<number>;
}

export class VhostLimits extends pulumi.CustomResource {
  constructor(name: string, args: VhostLimitsArgs, options?: pulumi.CustomResourceOptions) {
    super('warren:index:VhostLimits', name, { ...args }, options);
  }
}

export interface UserLimitsArgs {
  readonly user: pulumi.Input<string>;
  /** 0 shuts the user out; -1 or absent is no limit. */
  readonly maxConnections?: pulumi.Input<number>;
  readonly maxChannels?: pulumi.Input<number>;
}

export class UserLimits extends pulumi.CustomResource {
  constructor(name: string, args: UserLimitsArgs, options?: pulumi.CustomResourceOptions) {
    super('warren:index:UserLimits', name, { ...args }, options);
  }
}

/** Any JSON value; URIs in it may hold a password when they are secret. */
export type ParameterValue = pulumi.Input<unknown>;

export interface ParameterArgs {
  readonly vhost: pulumi.Input<string>;
  /** E.g. `federation-upstream`, `federation-upstream-set`, `shovel`. */
  readonly component: pulumi.Input<string>;
  readonly name: pulumi.Input<string>;
  /** In RabbitMQ's own words. */
  readonly value: ParameterValue;
  /** User names for URIs, by the key of `value` that holds the URI (or a list of them). */
  readonly logins?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** The passwords of `logins`, by the same keys. */
  readonly passwords?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * A parameter of a vhost: a federation upstream, a shovel, or what another plugin keeps there. Give credentials in
 * `logins` and `passwords`, not in the URIs: then a preview shows every other change of the value in plain text.
 */
export class Parameter extends pulumi.CustomResource {
  constructor(name: string, args: ParameterArgs, options?: pulumi.CustomResourceOptions) {
    const { value, passwords, ...plain } = args;
    const inputs = {
      ...plain,
      valueJson: pulumi.jsonStringify(value),
      ...(passwords === undefined ? {} : { passwords: pulumi.secret(passwords) }),
    };
    const secret = { additionalSecretOutputs: ['passwords'] };
    super('warren:index:Parameter', name, inputs, pulumi.mergeOptions(options, secret));
  }
}

export interface GlobalParameterArgs {
  readonly name: pulumi.Input<string>;
  readonly value: ParameterValue;
}

/** A global parameter. Those that the broker sets itself (`cluster_name` and the like) are refused. */
export class GlobalParameter extends pulumi.CustomResource {
  constructor(name: string, args: GlobalParameterArgs, options?: pulumi.CustomResourceOptions) {
    const inputs = { name: args.name, valueJson: pulumi.jsonStringify(args.value) };
    super('warren:index:GlobalParameter', name, inputs, options);
  }
}

export interface VhostTopologyArgs {
  readonly vhost: pulumi.Input<string>;
  /** The objects by readable keys, as `tableOf` in vhostTable.ts makes them. */
  readonly objects: pulumi.Input<VhostTable>;
}

/**
 * All exchanges, queues, bindings, policies and permissions of a vhost as one resource, for topologies with thousands
 * of them. Previews show its changes object by object; what it makes before a failure stays recorded.
 */
export class VhostTopology extends pulumi.CustomResource {
  constructor(name: string, args: VhostTopologyArgs, options?: pulumi.CustomResourceOptions) {
    super('warren:index:VhostTopology', name, { ...args }, options);
  }
}
