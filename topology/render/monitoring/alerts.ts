/** `render --to alerts`: Prometheus' alerting rules, from what the topology says of its queues and its broker. */
import { stringify } from 'yaml';
import type { Topology } from '../../model';
import type { BrokerObject } from '../../objects';
import { nodeRules } from './nodeRules';
import { scoped, type Scope } from './promql';
import { queueRules } from './queueRules';
import { literal, type Rule } from './rule';
import { METRICS_PORT, scrapeConfig, scrapeJobs } from './scrape';
import { watchedQueues } from './watchedQueues';

export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/** A rule file. Its head says what Prometheus has to ask the nodes for. */
export function renderAlerts(topology: Topology, objects: readonly BrokerObject[]): string {
  const { target } = topology;
  const jobs = scrapeJobs(topology).map((job) => scrapeConfig(job, [`NODE:${METRICS_PORT}`]));
  const head = [
    `Alerts for RabbitMQ ${target}. They need the plugin rabbitmq_prometheus, and these two jobs:`,
    '',
    ...stringify({ scrape_configs: jobs }, { lineWidth: 0 }).trimEnd().split('\n'),
  ];
  const comment = head.map((line) => `# ${line}`.trimEnd()).join('\n');
  return `${comment}\n${stringify({ groups: ruleGroups(topology, objects) }, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

/** @param scope where the same Prometheus asks other brokers, too */
export function ruleGroups(
  topology: Topology,
  objects: readonly BrokerObject[],
  scope?: Scope,
): readonly RuleGroup[] {
  const watched = watchedQueues(topology, objects);
  const queueGroups = topology.vhosts.map(({ name }) => ({
    name: `rabbitmq-queues ${name}`,
    rules: queueRules(
      watched.filter(({ vhost }) => vhost === name),
      topology.target,
    ),
  }));
  const groups = [{ name: 'rabbitmq-nodes', rules: nodeRules(topology, scope) }, ...queueGroups];
  return groups
    .filter(({ rules }) => rules.length > 0)
    .map(({ name, rules }) => ({
      name,
      rules: rules.map((one) => inScope(one, scope)),
    }));
}

/** What adds up over queues has lost the label of the namespace. */
function inScope(rule: Rule, scope: Scope | undefined): Rule {
  if (scope === undefined) return rule;
  return {
    ...rule,
    expr: scoped(rule.expr, scope),
    labels: { ...rule.labels, namespace: literal(scope.namespace) },
  };
}
