/** The peers, where this machine has them: Terraform with its provider, and Pulumi with the bridged one. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { findProgram, tail } from '../../tools/processes';
import type { PulumiEnvironment } from './stackRunner';
import type { BenchBroker, Row, Runner } from './runner';
import { runTimed } from './stopwatch';
import { VHOST, policiesOf, queueNamesOf, type Shape } from './upTopology';

const BRIDGED = 'pulumi-resource-rabbitmq';
const TERRAFORM = 'terraform';

type Peer = Pick<Row, 'runner' | 'obstacle'>;

const notOnPath = (program: string): string | undefined =>
  findProgram(program) === undefined ? `no ${program} on PATH` : undefined;

const PROGRAM = `
const pulumi = require('@pulumi/pulumi');
const rabbitmq = require('@pulumi/rabbitmq');
const { broker, vhost: name, policies, queues } = JSON.parse(require('fs').readFileSync('topology.json', 'utf8'));
const provider = new rabbitmq.Provider('broker', { ...broker, password: pulumi.secret(broker.password) });
const vhost = new rabbitmq.VHost(name, { name }, { provider });
const inVhost = { provider, dependsOn: [vhost] };
const source = new rabbitmq.Exchange('events', { name: 'events', vhost: name, settings: { type: 'topic', durable: true } }, inVhost);
const made = policies.map(({ name: policy, pattern, lengthMax }) =>
  new rabbitmq.Policy(policy, { name: policy, vhost: name,
    policy: { pattern, applyTo: 'queues', priority: 1, definition: { 'max-length': String(lengthMax) } } }, inVhost));
for (const queue of queues) {
  const settings = { durable: true, autoDelete: false };
  const needed = made.slice(0, 1);
  const resource = new rabbitmq.Queue(queue, { name: queue, vhost: name, settings }, { provider, dependsOn: [vhost, ...needed] });
  new rabbitmq.Binding(queue, { vhost: name, source: 'events', destination: queue, destinationType: 'queue', routingKey: queue },
    { provider, dependsOn: [source, resource] });
}
`;

export const bridgedRunner: Peer = {
  obstacle: () => notOnPath(BRIDGED),
  runner: (broker, pulumi) => new BridgedRunner(broker, pulumi),
};

class BridgedRunner implements Runner {
  readonly #folder: string;

  constructor(
    private readonly broker: BenchBroker,
    private readonly pulumi: PulumiEnvironment,
  ) {
    this.#folder = path.join(pulumi.folder, 'bridged');
  }

  init(): Promise<void> {
    const folder = this.#folder;
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, 'Pulumi.yaml'), 'name: bridged\nruntime: nodejs\n');
    fs.writeFileSync(path.join(folder, 'package.json'), '{"name":"bridged","main":"index.js"}');
    fs.writeFileSync(path.join(folder, 'index.js'), PROGRAM);
    fs.symlinkSync(path.resolve(__dirname, '../../node_modules'), path.join(folder, 'node_modules'));
    mustRun('pulumi', ['stack', 'init', 'bridged', '--non-interactive'], folder, this.pulumi.env);
    return Promise.resolve();
  }

  up(shape: Shape): ReturnType<Runner['up']> {
    const { endpoint, username, password } = this.broker;
    const topology = {
      broker: { endpoint, username, password },
      vhost: VHOST,
      policies: policiesOf(shape),
      queues: queueNamesOf(shape),
    };
    fs.writeFileSync(path.join(this.#folder, 'topology.json'), JSON.stringify(topology));
    return this.#timed('up');
  }

  destroy(): ReturnType<Runner['destroy']> {
    return this.#timed('destroy');
  }

  #timed(command: string): ReturnType<Runner['up']> {
    const args = [command, '--yes', '--skip-preview', '--non-interactive', '--stack', 'bridged'];
    return runTimed({ program: 'pulumi', args, cwd: this.#folder, env: this.pulumi.env });
  }
}

const MAIN_TF = `
terraform {
  required_providers { rabbitmq = { source = "cyrilgdn/rabbitmq" } }
}
variable "broker" { type = object({ endpoint = string, username = string, password = string }) }
variable "vhost" { type = string }
variable "queues" { type = set(string) }
variable "policies" { type = map(object({ pattern = string, lengthMax = number })) }
provider "rabbitmq" {
  endpoint = var.broker.endpoint
  username = var.broker.username
  password = var.broker.password
}
resource "rabbitmq_vhost" "all" { name = var.vhost }
resource "rabbitmq_permissions" "own" {
  user  = var.broker.username
  vhost = rabbitmq_vhost.all.name
  permissions {
    configure = ".*"
    write     = ".*"
    read      = ".*"
  }
}
resource "rabbitmq_exchange" "events" {
  name  = "events"
  vhost = rabbitmq_permissions.own.vhost
  settings {
    type    = "topic"
    durable = true
  }
}
resource "rabbitmq_policy" "all" {
  for_each = var.policies
  name     = each.key
  vhost    = rabbitmq_permissions.own.vhost
  policy {
    pattern    = each.value.pattern
    priority   = 1
    apply_to   = "queues"
    definition = { max-length = each.value.lengthMax }
  }
}
resource "rabbitmq_queue" "all" {
  for_each   = var.queues
  name       = each.key
  vhost      = rabbitmq_permissions.own.vhost
  depends_on = [rabbitmq_policy.all]
  settings { durable = true }
}
resource "rabbitmq_binding" "all" {
  for_each         = var.queues
  source           = rabbitmq_exchange.events.name
  vhost            = rabbitmq_permissions.own.vhost
  destination      = rabbitmq_queue.all[each.key].name
  destination_type = "queue"
  routing_key      = each.key
}
`;

export const terraformRunner: Peer = {
  obstacle: () => notOnPath(TERRAFORM),
  runner: (broker, pulumi) => new TerraformRunner(broker, pulumi),
};

class TerraformRunner implements Runner {
  readonly #folder: string;

  constructor(
    private readonly broker: BenchBroker,
    private readonly pulumi: PulumiEnvironment,
  ) {
    this.#folder = path.join(pulumi.folder, 'terraform');
  }

  /** @throws Error where the provider can't be had */
  init(): Promise<void> {
    fs.mkdirSync(this.#folder);
    fs.writeFileSync(path.join(this.#folder, 'main.tf'), MAIN_TF);
    try {
      mustRun(TERRAFORM, ['init', '-input=false', '-no-color'], this.#folder, process.env);
    } catch {
      // With a provider that was built on this machine (dev_overrides) there is nothing to download.
      mustRun(TERRAFORM, ['validate', '-no-color'], this.#folder, process.env);
    }
    return Promise.resolve();
  }

  up(shape: Shape): ReturnType<Runner['up']> {
    const { endpoint, username, password } = this.broker;
    const variables = {
      broker: { endpoint, username, password },
      vhost: VHOST,
      queues: queueNamesOf(shape),
      policies: Object.fromEntries(policiesOf(shape).map(({ name, ...policy }) => [name, policy])),
    };
    fs.writeFileSync(path.join(this.#folder, 'terraform.tfvars.json'), JSON.stringify(variables));
    return this.#timed('apply');
  }

  destroy(): ReturnType<Runner['destroy']> {
    return this.#timed('destroy');
  }

  #timed(command: string): ReturnType<Runner['up']> {
    const args = [command, '-auto-approve', '-input=false', '-no-color'];
    const env = { ...this.pulumi.env, CHECKPOINT_DISABLE: '1' };
    return runTimed({ program: TERRAFORM, args, cwd: this.#folder, env });
  }
}

function mustRun(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): void {
  const result = spawnSync(program, args, { cwd, env, encoding: 'utf8' });
  if (result.status !== 0)
    throw new Error(`${program} ${args.join(' ')} failed: ${tail(result.stdout + result.stderr, 10)}`);
}
