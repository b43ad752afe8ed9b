/** What a rotation knows of a stack's own cluster: which authority, certificate and cookie its nodes have. */
import { certificatesIn, givenToNodes } from '../stackState';
import { UserError } from '../userError';
import type { Authorities, ClusterSecret, Numbers } from './clusterPlan';
import { HAND_OVER_SETTING, SETTINGS } from './clusterPlan';
import { handOverFile, handOversOf, type HandOverFile } from './handOver';
import type { SettingPath } from './settingsFile';
import type { RotatedStack } from './stack';

type Table = Readonly<Record<string, unknown>>;

const LOOPBACK = /^(127\.|::1$)/;

export class RotatedCluster {
  readonly #cluster: Table;
  readonly #tls: Table;

  /** @throws UserError where the stack has none, or where its secrets aren't Warren's to rotate */
  constructor(
    private readonly rotated: RotatedStack,
    secret: ClusterSecret,
  ) {
    const { config, stack, topology } = rotated;
    if (typeof config.docker === 'string') {
      throw new UserError(
        `the setting docker of stack ${stack} is one JSON text, in which no line can be changed: write it as YAML in ${rotated.settingsFile}`,
      );
    }
    const docker = (config.docker ?? {}) as Table;
    if (!Object.hasOwn(docker, 'cluster')) {
      throw new UserError(
        `--${secret}: stack ${stack} has no cluster of its own (docker.cluster); on a broker that is there already, whoever runs it does that`,
      );
    }
    this.#cluster = (docker.cluster ?? {}) as Table;
    this.#tls = (this.#cluster.tls ?? {}) as Table;
    if (secret === 'cookie') return;
    if (topology.broker?.tls === undefined) {
      throw new UserError(
        `--${secret}: stack ${stack} has no certificates. They come with \`broker: {tls: {}}\` in its topology`,
      );
    }
    if (Object.hasOwn(this.#tls, 'ca')) {
      throw new UserError(
        `--${secret}: the certificates of stack ${stack} are given as files (docker.cluster.tls), so whoever makes them renews them. Put the new ones in their place, and run an up. For another authority, first a \`ca\` with the old one and the new one in it, then the new certificate, then the new \`ca\` alone, with an up after each`,
      );
    }
  }

  get authorities(): Authorities {
    const wanted = this.#tls.authorities ?? [1];
    const made = certificatesIn(this.rotated.exported).flatMap(({ number }) => number ?? []);
    if (Array.isArray(wanted) && wanted.length > 0 && wanted.every(isCount))
      return { wanted: wanted as unknown as [number, ...number[]], made };
    throw notCounted(SETTINGS.authority, 'a list of different whole numbers from 1, e.g. [1, 2]', wanted);
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
    return handOver === undefined ? undefined : handOverFile(HAND_OVER_SETTING.join('.'), handOver);
  }

  /** Why there may be clients outside of the stack, as the end of a sentence. */
  get outsiders(): string | undefined {
    const { address = '127.0.0.1' } = this.#cluster;
    if (!LOOPBACK.test(String(address))) return `AMQP is published on ${String(address)}`;
    const [user] = handOversOf(this.rotated.config).keys();
    return user === undefined ? undefined : `the logins of ${user} are handed over`;
  }

  #numbers(secret: 'certificate' | 'cookie', wanted: unknown = 1): Numbers {
    if (!isCount(wanted)) throw notCounted(SETTINGS[secret], 'a whole number from 1', wanted);
    return { wanted, made: givenToNodes(this.rotated.exported)?.[secret] ?? 1 };
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}

function notCounted(setting: SettingPath, expected: string, value: unknown): UserError {
  return new UserError(`${setting.join('.')} must be ${expected}, not ${JSON.stringify(value)}`);
}
