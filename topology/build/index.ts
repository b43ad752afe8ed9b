/** From plain data to the typed topology: see values.ts for what becomes of a value of the wrong type. */
import type { RuleSeverity, Topology } from '../model';
import type { Source } from '../source/index';
import { isTarget } from '../target';
import type { Target } from '../target';
import { buildBrokerSettings } from './broker';
import { buildExpectations } from './expectations';
import { buildGlobalParameters } from './parameters';
import { buildUser } from './users';
import { asRecord, defined, entries, oneOf } from './values';
import { buildVhost } from './vhosts';
import { buildWorker } from './workers';

/** Builds the topology for a target. Never fails. */
export function buildTopology(source: Source, target: Target): Topology {
  const root = asRecord(source.data);
  return {
    source,
    target,
    vhosts: entries(root.vhosts, ['vhosts'], buildVhost),
    users: entries(root.users, ['users'], buildUser),
    workers: entries(root.workers, ['workers'], buildWorker),
    globalParameters: buildGlobalParameters(root.globalParameters, ['globalParameters']),
    rules: buildRuleSeverities(root.rules),
    expectations: buildExpectations(root.expect, ['expect']),
    ...defined({
      broker: root.broker === undefined ? undefined : buildBrokerSettings(asRecord(root.broker), ['broker']),
    }),
  };
}

/** The target that the file itself names, if it is one. */
export function declaredTarget(data: unknown): Target | undefined {
  const { target } = asRecord(data);
  return isTarget(target) ? target : undefined;
}

function buildRuleSeverities(value: unknown): Record<string, RuleSeverity> {
  const items = Object.entries(asRecord(value)).flatMap(([code, severity]) => {
    const known = oneOf(severity, ['error', 'warning', 'info', 'off'] as const);
    return known === undefined ? [] : [[code, known] as const];
  });
  return Object.fromEntries(items);
}
