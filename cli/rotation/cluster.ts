/** What a rotation knows of a stack's own cluster: which authority, certificate and cookie its nodes have. */
import { isLoopback } from '../../platform/address';
import { certificatesIn, givenToNodes } from '../stackState';
import { UserError } from '../userError';
import type { Authorities, ClusterSecret, Numbers } from './clusterPlan';
import { handOverSettingOf, settingOf, type ClusterPlatform } from './clusterPlan';
import { handOverFile, handOversOf, type HandOverFile } from './handOver';
import type { SettingPath } from './settingsFile';
import type { RotatedStack } from './stack';

type Table = Readonly<Record<string, unknown>>;

export class RotatedCluster {
  readonly #platform: ClusterPlatform;
  readonly #cluster: Table;
  readonly #tls: Table;

  /** @throws UserError where the stack has none, or where its secrets aren't Warren's to rotate */
  constructor(
    private readonly rotated: RotatedStack,
    secret: ClusterSecret,
  ) {
    const { config, stack, topology } = rotated;
    const platform = config.kubernetes === undefined ? 'docker' : 'kubernetes';
    this.#platform = platform;
    const given = config[platform];
    if (typeof given === 'string') {
      throw new UserError(
        `the setting ${platform} of stack ${stack} is one JSON text, in which no line can be changed: write it as YAML in ${rotated.settingsFile}`,
      );
    }
    const settings = (given ?? {}) as Table;
    if (!Object.hasOwn(settings, 'cluster')) {
      throw new UserError(
        `--${secret}: stack ${stack} has no cluster of its own (docker.cluster or kubernetes.cluster); on a broker that is there already, whoever runs it does that`,
      );
    }
    this.#cluster = (settings.cluster ?? {}) as Table;
    this.#tls = (this.#cluster.tls ?? {}) as Table;
    if (secret === 'cookie') {
      if (platform === 'kubernetes') throw cookieOnKubernetes(stack, this.#cluster.by === 'statefulSet');
      return;
    }
    if (topology.broker?.tls === undefined) {
      throw new UserError(
        `--${secret}: stack ${stack} has no certificates. They come with \`broker: {tls: {}}\` in its topology`,
      );
    }
    this.#refuseGiven(secret);
  }

  /** Whoever makes them renews them. */
  #refuseGiven(secret: ClusterSecret): void {
    const { stack } = this.rotated;
    const at = `${this.#platform}.cluster.tls`;
    if (Object.hasOwn(this.#tls, 'issuer')) {
      throw new UserError(
        `--${secret}: the certificates of stack ${stack} are cert-manager's (${at}.issuer), which renews them by itself, or at once with: cmctl renew rabbitmq-tls. For another issuer, first a file \`ca\` with both authorities in it, then the issuer, then \`ca\` with the new one alone, with an up after each`,
      );
    }
    if (!Object.hasOwn(this.#tls, 'ca')) return;
    const where = this.#platform === 'docker' ? `as files (${at})` : `in a Secret (${at}.secret)`;
    throw new UserError(
      `--${secret}: the certificates of stack ${stack} are given ${where}, so whoever makes them renews them. Put the new ones in their place, and run an up. For another authority, first a \`ca\` with the old one and the new one in it, then the new certificate, then the new \`ca\` alone, with an up after each`,
    );
  }

  settingOf(secret: ClusterSecret): SettingPath {
    return settingOf(this.#platform, secret);
  }

  get handOverSetting(): SettingPath {
    return handOverSettingOf(this.#platform);
  }

  get authorities(): Authorities {
    const wanted = this.#tls.authorities ?? [1];
    const made = certificatesIn(this.rotated.exported).flatMap(({ number }) => number ?? []);
    if (Array.isArray(wanted) && wanted.length > 0 && wanted.every(isCount))
      return { wanted: wanted as unknown as [number, ...number[]], made };
    throw notCounted(
      this.settingOf('authority'),
      'a list of different whole numbers from 1, e.g. [1, 2]',
      wanted,
    );
  }

  get certificate(): Numbers {
    return this.#numbers('certificate', this.#tls.generation);
  }

  get cookie(): Numbers {
    return this.#numbers('cookie', this.#cluster.cookie);
  }

  /** What stands in the settings. */
  said(secret: ClusterSecret): unknown {
    if (secret === 'cookie') return this.#cluster.cookie;
    return secret === 'authority' ? this.#tls.authorities : this.#tls.generation;
  }

  get handOver(): HandOverFile | undefined {
    const { handOver } = this.#tls;
    return handOver === undefined ? undefined : handOverFile(this.handOverSetting.join('.'), handOver);
  }

  /** Why there may be clients outside of the stack, as the end of a sentence. */
  get outsiders(): string | undefined {
    const open = this.#platform === 'docker' ? this.#openOnDocker() : this.#openOnKubernetes();
    if (open !== undefined) return open;
    const [user] = handOversOf(this.rotated.config).keys();
    return user === undefined ? undefined : `the logins of ${user} are handed over`;
  }

  #openOnDocker(): string | undefined {
    const { address = '127.0.0.1', managementAddress = '127.0.0.1', managementTls } = this.#cluster;
    if (!isLoopback(String(address))) return `AMQP is published on ${String(address)}`;
    const isOpen = !isLoopback(String(managementAddress)) && managementTls !== false;
    return isOpen ? `the management API is published on ${String(managementAddress)}` : undefined;
  }

  #openOnKubernetes(): string | undefined {
    const { service = 'ClusterIP', networkPolicy = {} } = this.#cluster;
    if (service !== 'ClusterIP') return `AMQP is published by a Service of type ${String(service)}`;
    if (networkPolicy === false) return 'kubernetes.cluster.networkPolicy keeps nobody away';
    const { clients } = Object(networkPolicy) as { readonly clients?: readonly string[] };
    return clients === undefined || clients.length === 0
      ? undefined
      : `pods of the namespace ${clients.join(', ')} may connect`;
  }

  #numbers(secret: 'certificate' | 'cookie', wanted: unknown = 1): Numbers {
    if (!isCount(wanted)) throw notCounted(this.settingOf(secret), 'a whole number from 1', wanted);
    return { wanted, made: givenToNodes(this.rotated.exported)?.[secret] ?? 1 };
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}

function notCounted(setting: SettingPath, expected: string, value: unknown): UserError {
  return new UserError(`${setting.join('.')} must be ${expected}, not ${JSON.stringify(value)}`);
}

function cookieOnKubernetes(stack: string, isOwn: boolean): UserError {
  const beside =
    'bring up another stack with a seed of its own beside it, have a shovel bring the messages over, and destroy this one';
  const why = isOwn
    ? `the Erlang cookie of stack ${stack} is derived from its seed, and pods are replaced one after the other, where nodes with different cookies refuse one another. Where it has to change: ${beside}`
    : `the Erlang cookie of stack ${stack} is the cluster operator's, which doesn't change it on a cluster that runs. Where it has to change: ${beside}; or, where the cluster may be away for some minutes, delete the Secret rabbitmq-erlang-cookie (the operator makes another one), give all pods of the nodes the label skipPreStopChecks=true, and delete them together`;
  return new UserError(
    `--cookie: ${why}. Until then the NetworkPolicy "rabbitmq" lets nobody but the nodes reach the ports that the cookie opens, where the cluster's network does policies`,
  );
}
