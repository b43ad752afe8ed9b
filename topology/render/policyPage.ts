/** The page of the policy pack: docs/policy.md. */
import { FINDS_MISSING, OBJECT_RULES, TOPOLOGY_ONLY, enforcementLevelOf } from '../rules/objectRules';
import { DEFAULT_TARGET, TARGETS } from '../target';

export function renderPolicyPage(): string {
  const rules = [...OBJECT_RULES].sort((a, b) => (a.code < b.code ? -1 : 1));
  return [
    INTRODUCTION,
    '| policy | level | what must hold |\n| --- | --- | --- |',
    ...rules.map(
      (rule) =>
        `| [${rule.code}](rules.md#${rule.code}) | ${enforcementLevelOf(rule)}${FINDS_MISSING.has(rule.code) ? ' ¹' : ''} | ${rule.title} |`,
    ),
    '',
    '¹ It finds something missing, which another stack on the same broker may have: so it is advisory, however severe.',
    '',
    LEFT_OUT,
    '| rule | why not |\n| --- | --- |',
    ...Object.entries(TOPOLOGY_ONLY).map(([code, why]) => `| [${code}](rules.md#${code}) | ${why} |`),
    '',
  ].join('\n');
}

const INTRODUCTION = `# Warren's rules for any Pulumi program

A policy pack applies the rules of \`warren check\` to the resources of any stack that uses \`@pulumi/rabbitmq\`, in whatever language its program is written. The other team needs neither a topology nor Warren's providers.

## Run it

\`\`\`sh
npm install --save-dev @pulumi/rabbitmq PATH_OR_GIT_URL_OF_WARREN # Node 20.19 or newer; also beside a program in Python or Go
pulumi preview --policy-pack node_modules/warren/policy
\`\`\`

Pulumi's Node language host starts the pack, whatever the program is written in; the engine that \`npx warren setup\` gets has one. Pulumi 3.256 and newer also take the executable \`node_modules/warren/policy/pulumi-analyzer-warren\`, which needs no language host and starts sooner. No broker is asked: the pack judges what the program says. Nothing is uploaded, and no account is needed. \`pulumi up\` takes the same option: what is mandatory then stops it after its preview. On a busy machine with 2 cores, a preview of 1,003 resources took 23.2 s with the pack (as an executable), and 20.7 s without.

\`\`\`console
Policies:
    ❌ warren@v0.1.0 (local: node_modules/warren/policy)
        - [mandatory] [severity: high]  mirroring-removed  (rabbitmq:index:Policy: mirrors)
          ha-* policy keys are invalid on 4.x.
          RabbitMQ 4.3 knows no "ha-mode".
          why:  Classic queue mirroring is gone since 4.0; the broker refuses the whole policy.
          help: Remove it, and make the queues that need copies quorum queues (x-queue-type: quorum).
        - [advisory] [severity: medium]  transient-queue  (rabbitmq:index:Queue: events)
          Transient (not durable) queues are deprecated.
          The queue "events" is not durable.
          why:  It is gone after a restart of its node, and RabbitMQ deprecates such queues: where they are switched off, they are refused.
          help: Set settings.durable to true: it is false where nothing is said. A short-lived queue gets an expiry by a policy.
\`\`\`

## Configure it

\`--policy-pack-config FILE\` takes a JSON file. A policy has the name of its rule; \`mandatory\` fails the preview, \`advisory\` only tells, \`disabled\` is silent. \`all\` is for all of them.

\`\`\`json
{
  "warren": { "target": "4.0" },
  "transient-queue": "mandatory",
  "argument-instead-of-policy": "disabled"
}
\`\`\`

\`target\` is the RabbitMQ series that the stack is for: ${TARGETS.join(', ')}; ${DEFAULT_TARGET} where nothing is said. It stands with the policy \`warren\`, which also tells what could not be judged; while that policy is disabled, the target is ${DEFAULT_TARGET}.

## What is judged

- All resources of \`@pulumi/rabbitmq\`, and Warren's own (\`warren.VhostSettings\`, \`VhostLimits\`, \`UserLimits\`, \`Parameter\`, \`GlobalParameter\`, \`VhostTopology\`). What a program leaves out is what the provider puts there: \`settings.durable\` is false.
- Resources whose providers have the same \`endpoint\` are on one broker, and are judged together.
- A finding stands at the resource that says what is wrong: a length limit at its policy, not at the queues that have it.
- What is known only after the update is not judged, and the policy \`warren\` says so. A queue or an exchange is known to be there as soon as its name is. Where a preview doesn't know all names in a vhost, nothing is found missing there. \`pulumi up\` judges again when all is known.
- Nothing that the stack holds as a secret gets into a finding, nor does a login in a URI.

## The policies

`;

const LEFT_OUT = `## Rules that only a topology has

These rules look at what no resource says.
`;
