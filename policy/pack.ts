/** The policy pack: one policy for each rule that speaks of objects, and one for what could not be judged. */
import { PolicyPack } from '@pulumi/policy';
import type {
  PolicyConfigSchema,
  ReportViolation,
  StackValidationArgs,
  StackValidationPolicy,
} from '@pulumi/policy';
import type { Severity as PolicySeverity } from '@pulumi/policy';
import { createRequire } from 'node:module';
import type { Severity } from '../topology/diagnostics';
import type { Rule } from '../topology/rules/index';
import { OBJECT_RULES, enforcementLevelOf } from '../topology/rules/objectRules';
import { DEFAULT_TARGET, TARGETS, isTarget } from '../topology/target';
import type { Target } from '../topology/target';
import { plainProperties } from './properties';
import { Secrets } from './secrets';
import type { Deserializer } from './secrets';
import { judgeStack } from './stack';
import type { StackJudgement } from './stack';
import { WAYS_OUT, inPolicyKeys } from './waysOut';

/** Holds the settings of the whole pack. */
const OWN_POLICY = 'warren';
const RULES_PAGE = 'docs/rules.md';

const SEVERITIES: Readonly<Record<Severity, PolicySeverity>> = {
  error: 'high',
  warning: 'medium',
  info: 'low',
};

/** Judges a stack once for all policies: the SDK asks them one after another, in their order. */
class Judge {
  #target: Target = DEFAULT_TARGET;
  #last: { readonly index: number; readonly judgement: StackJudgement } | undefined;

  of(index: number, args: StackValidationArgs): StackJudgement {
    if (index === 0) {
      const { target } = args.getConfig<{ target?: unknown }>();
      this.#target = isTarget(target) ? target : DEFAULT_TARGET;
    }
    // A policy that isn't behind the last one is asked about another stack, or the same at another time.
    const isGoingOn = this.#last !== undefined && index > this.#last.index;
    const judgement =
      isGoingOn && this.#last ? this.#last.judgement : judgeStack(resourcesOf(args), this.#target);
    this.#last = { index, judgement };
    return judgement;
  }
}

function resourcesOf({ resources }: StackValidationArgs): Parameters<typeof judgeStack>[0] {
  return resources.map(({ urn, type, name, props, provider }) => ({
    urn,
    type,
    name,
    properties: plainProperties(props),
    ...(provider === undefined
      ? {}
      : { provider: { urn: provider.urn, properties: plainProperties(provider.props) } }),
  }));
}

const OWN_SETTINGS: PolicyConfigSchema['properties'] = {
  target: {
    type: 'string',
    enum: [...TARGETS],
    default: DEFAULT_TARGET,
    description: 'The RabbitMQ series that the stack is for.',
  },
};

const secrets = new Secrets();
secrets.noteWhat(createRequire(__filename)('@pulumi/policy/deserialize') as Deserializer);
const judge = new Judge();

const unjudged: StackValidationPolicy = {
  name: OWN_POLICY,
  description: 'Every RabbitMQ resource of the stack can be judged.',
  enforcementLevel: 'advisory',
  configSchema: { properties: OWN_SETTINGS },
  validateStack: (args, report) => {
    const unknown = Object.keys(args.getConfig<object>()).filter((key) => !(key in OWN_SETTINGS));
    for (const key of unknown) report(`"${key}" is no setting of ${OWN_POLICY}: it has only \`target\`.`);
    for (const { urn, why } of judge.of(0, args).unjudged) report(secrets.hide(`Not judged: ${why}.`), urn);
  },
};

new PolicyPack('warren', {
  policies: [unjudged, ...OBJECT_RULES.map((rule, index) => policyOf(rule, index + 1))],
});

function policyOf(rule: Rule, index: number): StackValidationPolicy {
  return {
    name: rule.code,
    description: rule.title,
    enforcementLevel: enforcementLevelOf(rule),
    severity: SEVERITIES[rule.severity],
    remediationSteps: WAYS_OUT[rule.code] ?? rule.help,
    url: `${RULES_PAGE}#${rule.code}`,
    validateStack: (args, report) => {
      for (const finding of judge.of(index, args).findings)
        if (finding.code === rule.code) tell(finding, report);
    },
  };
}

function tell(
  { code, message, reason, help, urn }: StackJudgement['findings'][number],
  report: ReportViolation,
): void {
  const wayOut = WAYS_OUT[code] ?? help;
  const lines = [
    inPolicyKeys(message),
    ...(reason === undefined ? [] : [`why:  ${inPolicyKeys(reason)}`]),
    ...(wayOut === undefined ? [] : [`help: ${wayOut}`]),
  ];
  report(secrets.hide(lines.join('\n')), urn);
}
