/**
 * The course of a rotation of what a cluster's nodes have. As with logins, whatever ends this process, the stack's
 * settings and state say where it stands.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ExitCode } from '../exitCodes';
import { readOutputs } from '../stackBroker';
import { UserError } from '../userError';
import type { RotatedCluster } from './cluster';
import type { ClusterPlan, ClusterSecret, Stage } from './clusterPlan';
import { refuseUnwritable, writeFile, type HandOverFile } from './handOver';
import type { Operations } from './operations';
import { changeSetting, writeSetting, type SettingPath } from './settingsFile';

export interface ClusterRotationParts {
  readonly stack: string;
  readonly settingsFile: string;
  readonly cluster: RotatedCluster;
  readonly secret: ClusterSecret;
  readonly plan: ClusterPlan;
  readonly operations: Operations;
  readonly say: (line: string) => void;
  readonly isEmergency: boolean;
}

/** Not worth another command: who has no clients outside gives them no time. */
const SHORT_MS = 60_000;

/** Its file is for everybody: a certificate is no secret. */
const READABLE = 0o644;

export class ClusterRotation {
  /** What the settings say as far as we know. */
  #known: unknown;

  constructor(private readonly parts: ClusterRotationParts) {
    this.#known = parts.cluster.said(parts.secret);
  }

  /** What `run` would do, in steps; changes nothing. */
  describe(): string {
    const { plan, operations, cluster } = this.parts;
    this.#refuseFaults();
    const lines = plan.stages.flatMap((stage, index) => {
      const isWritten = !plan.isNew && index === 0 && !this.parts.isEmergency;
      const write = `${operations.settingsFile} gets ${this.#lineOf(stage)}`;
      const { handOver } = cluster;
      const isPause = stage.isHandedOver && handOver !== undefined;
      return [
        ...(isWritten ? [] : [write]),
        `up: ${stage.goal}`,
        ...(isPause ? [this.#handOverInWords(handOver)] : []),
      ];
    });
    const numbered = lines.map((line, index) => `  ${index + 1}. ${line}\n`).join('');
    const cutOff = this.parts.isEmergency
      ? 'Clients outside of the stack are cut off until they trust the new authority.\n'
      : '';
    return `${numbered}${cutOff}This was a dry run: nothing was changed.\n`;
  }

  async run(): Promise<number> {
    const { plan, operations, cluster } = this.parts;
    this.#refuseFaults();
    if (plan.isNew) await operations.refuseChanges(WHAT[this.parts.secret]);
    for (const stage of plan.stages) {
      this.#write(stage);
      // It is noted after the `up`: that needn't be waited for again.
      const isOver = stage.isHandedOver && !plan.isNew && cluster.handOver?.until !== undefined;
      const exitCode = isOver ? 0 : await operations.up(stage.goal, stage.standing);
      if (exitCode !== 0) return exitCode;
      if (stage.isHandedOver && (await this.#isPaused())) return ExitCode.ok;
    }
    await this.#conclude();
    return ExitCode.ok;
  }

  #refuseFaults(): void {
    const { cluster, plan, secret, isEmergency } = this.parts;
    if (secret !== 'authority') return;
    const { handOver, outsiders } = cluster;
    if (handOver !== undefined) {
      if (!(handOver.withinMs > 0)) {
        throw new UserError(`${handOver.at} needs a file and a time, e.g. {file: ../ca.pem, within: 14d}`);
      }
      refuseUnwritable(handOver);
    } else if (
      outsiders !== undefined &&
      plan.stages.some(({ isHandedOver }) => isHandedOver) &&
      !isEmergency
    ) {
      throw new UserError(
        `stack ${this.parts.stack} may have clients outside of it (${outsiders}), which would trust no node any more as soon as the new authority signs. Say where they find the certificates to trust, and how long they get, before it does: ${cluster.handOverSetting.join('.')}: {file: ../handed-over/ca.pem, within: 14d} in the settings. Where there are none, \`within: 1s\``,
      );
    }
  }

  #write(stage: Stage): void {
    const { settingsFile, secret, operations, say, cluster } = this.parts;
    if (JSON.stringify(this.#known) === JSON.stringify(stage.value)) return;
    // A deadline that is over, or that an earlier rotation left behind, says nothing about the next one.
    const removed = secret === 'authority' && cluster.handOver !== undefined ? [this.#until] : [];
    const { value } = stage;
    changeSetting(settingsFile, { setting: cluster.settingOf(secret), known: this.#known, value }, removed);
    this.#known = value;
    say(`${operations.settingsFile}: ${this.#lineOf(stage)}`);
  }

  /** Whether clients outside of the stack still have time. */
  async #isPaused(): Promise<boolean> {
    const { cluster, plan, settingsFile, say, stack } = this.parts;
    const { handOver } = cluster;
    if (handOver === undefined) return false;
    let until = plan.isNew ? undefined : handOver.until;
    if (until === undefined) {
      until = new Date(Date.now() + handOver.withinMs);
      await this.#handOver();
      writeSetting(settingsFile, this.#until, until.toISOString());
      say(`what clients outside of the stack have to trust is in ${handOver.file}`);
    }
    const leftMs = until.getTime() - Date.now();
    if (leftMs <= SHORT_MS) {
      await pause(Math.max(0, leftMs));
      return false;
    }
    process.stdout.write(
      `Not over: until ${until.toISOString()} clients outside of the stack have time to trust the new authority as well; the old one still signs. After that, go on with: ${finishing(stack)}\nThe stack's settings ${this.parts.operations.settingsFile} have changed: commit them.\n`,
    );
    return true;
  }

  async #handOver(): Promise<void> {
    const { handOver } = this.parts.cluster;
    const { ca } = await readOutputs(this.parts.stack);
    if (handOver === undefined || ca === undefined) return;
    writeFile(handOver.file, ca, { mode: READABLE, what: 'the certificates of the authorities' });
  }

  #handOverInWords({ file, until }: HandOverFile): string {
    const time =
      this.parts.plan.isNew || until === undefined
        ? 'for the time that they get'
        : `until ${until.toISOString()}`;
    return `clients outside of the stack find both certificates in ${file}, and it waits ${time}; \`${finishing(this.parts.stack)}\` goes on after that`;
  }

  get #until(): SettingPath {
    return [...this.parts.cluster.handOverSetting, 'until'];
  }

  #lineOf({ value }: Stage): string {
    const setting = this.parts.cluster.settingOf(this.parts.secret);
    return `${setting.join('.')}: ${JSON.stringify(value).replaceAll(',', ', ')}`;
  }

  async #conclude(): Promise<void> {
    const { secret, operations, cluster, stack, isEmergency } = this.parts;
    if (secret === 'authority') {
      await this.#handOver();
      const where = cluster.handOver?.file ?? `npx warren output ca --stack ${stack}`;
      process.stdout.write(
        isEmergency
          ? `Clients outside of the stack are cut off until they trust the new authority: ${where}\n`
          : `What is to be trusted from now on, without the old authority: ${where}\n`,
      );
    }
    process.stdout.write(
      `Rotated: ${DONE[secret]}. The stack's settings ${operations.settingsFile} have changed: commit them.\n`,
    );
  }
}

const WHAT: Readonly<Record<ClusterSecret, string>> = {
  authority: 'certificates',
  certificate: 'certificates',
  cookie: 'the cookie',
};

const DONE: Readonly<Record<ClusterSecret, string>> = {
  authority: "the cluster's certificate authority",
  certificate: "the nodes' certificate",
  cookie: "the cluster's Erlang cookie",
};

function finishing(stack: string): string {
  return `npx warren rotate --stack ${stack} --authority --finish`;
}
