/** `warren render --to manifests`: what a stack would apply to Kubernetes, for who has it applied by others (GitOps). */
import * as fs from 'node:fs';
import { stringify } from 'yaml';
import { manifestsOf, type Manifests } from '../../k8s/manifests';
import type { StackFacts } from '../../k8s/plan';
import type { OwnWay } from '../../platform/management';
import { readKubernetesSettings, type KubernetesSettings } from '../../k8s/settings';
import type { Topology } from '../../topology/model';
import type { BrokerObject } from '../../topology/objects';
import { settingsFileOf, settingsIn } from '../configFile';
import { UserError } from '../userError';

const PROJECT = 'warren';
/** Where no stack is named: a cluster with all defaults. */
const EXAMPLE = { cluster: {} };

/** @throws UserError */
export function renderManifests(
  topology: Topology,
  objects: readonly BrokerObject[],
  stack: string | undefined,
): string {
  const config = stack === undefined ? {} : readSettings(stack);
  const kubernetes = readKubernetes(config.kubernetes ?? (stack === undefined ? EXAMPLE : undefined), stack);
  try {
    const facts = {
      project: PROJECT,
      stack: stack ?? 'example',
      kubernetes,
      topology,
      ...brokerOf(config),
    };
    const warn = (text: string): void => void process.stderr.write(`warning: ${text}\n`);
    return inYaml(manifestsOf(facts, objects, warn));
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error));
  }
}

/** Of a broker that is there already. */
export function brokerOf({
  endpoint,
  endpoints,
  amqp,
  cacertFile,
  clientcertFile,
  insecure,
  scalerClientcertFile,
}: Readonly<Record<string, unknown>>): Pick<StackFacts, 'endpoint' | 'endpoints' | 'amqp' | keyof OwnWay> {
  const isGiven = (value: unknown): value is string => typeof value === 'string' && value !== '';
  return {
    endpoint: isGiven(endpoint) ? endpoint : '',
    ...(Array.isArray(endpoints) ? { endpoints: endpoints.filter(isGiven) } : {}),
    ...(isGiven(amqp) ? { amqp } : {}),
    ...(isGiven(cacertFile) ? { cacertFile } : {}),
    ...(isGiven(clientcertFile) ? { clientcertFile } : {}),
    ...(isGiven(scalerClientcertFile) ? { scalerClientcertFile } : {}),
    // Pulumi writes texts, people what YAML has.
    ...(String(insecure) === 'true' ? { insecure: true } : {}),
  };
}

function readSettings(stack: string): Readonly<Record<string, unknown>> {
  const file = settingsFileOf(stack, undefined);
  if (!fs.existsSync(file))
    throw new UserError(`there is no ${file}: make the stack with \`warren init --stack ${stack}\``);
  return Object.fromEntries(
    Object.entries(settingsIn(file)).map(([key, value]) => [key.slice(key.indexOf(':') + 1), value]),
  );
}

function readKubernetes(value: unknown, stack: string | undefined): KubernetesSettings {
  if (value === undefined)
    throw new UserError(
      `the stack ${stack ?? ''} has nothing on Kubernetes: its settings have no warren:kubernetes`,
    );
  try {
    return readKubernetesSettings(value);
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error));
  }
}

function inYaml({ objects, secrets }: Manifests): string {
  const head = [
    '# Made by `warren render --to manifests`. Secrets are left out; these have to be there:',
    ...secrets.map(({ name, keys }) => `#   ${name}: ${keys.join(', ')}`),
  ].join('\n');
  return `${head}\n${objects.map((object) => `---\n${stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })}`).join('')}`;
}
