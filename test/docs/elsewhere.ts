/** The command blocks that no test types as they stand, each with the reason, and with the test that runs the same. */

export interface Elsewhere {
  readonly reason: string;
  /** Absent where there is none: the page says so. */
  readonly test?: string;
}

const NEEDS_DOCKER = 'it needs a Docker host';
const NEEDS_KUBERNETES = 'it needs a Kubernetes cluster';
const INSTALLS = 'an installation of the package; the address of it is for each reader to say';

const ROTATION: Elsewhere = {
  reason: 'it takes several updates, with clients that hold the login meanwhile',
  test: 'test/rotation/rotate.test.ts',
};
const DEAD_LETTERS: Elsewhere = {
  reason: 'it needs queues full of dead letters',
  test: 'test/broker/dlq.test.ts',
};

/** By `nameOf` a block. */
export const ELSEWHERE: Readonly<Record<string, Elsewhere>> = {
  'README.md: npm run quickstart   # a topology on a real local RabbitMQ, proved with a message; brings everything it needs':
    { reason: 'it would run this test, too', test: 'test/quickstart/quickstart.test.ts' },
  'README.md: $ npm run quickstart': {
    reason: 'it is run in a copy of the checkout of its own',
    test: 'test/quickstart/quickstart.test.ts',
  },
  'docs/stacks.md:       ~ objects: {': {
    reason: 'a part of a preview in colours',
    test: 'test/systems/granularity.test.ts',
  },
  'docs/scaling.md: $ npx warren scale --config scale.json': {
    reason: NEEDS_DOCKER,
    test: 'test/docker/scaler.test.ts',
  },
  'docs/policy.md: npm install --save-dev @pulumi/rabbitmq PATH_OR_GIT_URL_OF_WARREN # Node 20.19 or newer; also beside a program in Python or Go':
    { reason: INSTALLS, test: 'test/policy/stack.test.ts' },
  'docs/policy.md: Policies:': {
    reason: 'the output of the block before it',
    test: 'test/policy/stack.test.ts',
  },
  'docs/credentials.md: $ npx warren rotate --stack production --user celery': {
    reason: 'it needs clients that hold the login meanwhile',
    test: 'test/rotation/rotate.test.ts',
  },
  'docs/docker.md: $ npx warren init --stack local': {
    reason: NEEDS_DOCKER,
    test: 'test/docker/cluster.test.ts',
  },
  'docs/docker.md: $ npx warren up --stack staging': {
    reason: 'it needs two Docker hosts',
    test: 'test/docker/hosts.test.ts',
  },
  'docs/kubernetes.md: $ npx warren init --stack production': {
    reason: NEEDS_KUBERNETES,
    test: 'test/k8s/stack.test.ts',
  },
  'docs/scaling.md: npx warren scale --config scale.json --dry-run   # what one round would do': {
    reason: NEEDS_DOCKER,
    test: 'test/docker/scaler.test.ts',
  },
  'docs/scaling.md: docker run --detach --volume /var/run/docker.sock:/var/run/docker.sock --volume ./scale.json:/etc/warren/scale.json:ro …':
    { reason: NEEDS_DOCKER, test: 'test/docker/scaler.test.ts' },
  'workers/README.md: docker build --build-arg APP=notifications --tag notifications workers': {
    reason: NEEDS_DOCKER,
    test: 'test/docker/systems/notifications.test.ts',
  },
  'CONTRIBUTING.md: npm run check                              # format, lint and types, in a minute; npm run fix repairs':
    { reason: 'it would run itself', test: '.ci/run' },
  'CONTRIBUTING.md: WARREN_TEST_VERSIONS=4.3 npx vitest run test/broker/objects.test.ts': {
    reason: 'it would run itself; that its files are there is looked at',
    test: 'test/docs/commandBlocks.test.ts',
  },
  'docs/moving-in.md: curl --fail --silent --user "$RABBITMQ_USERNAME:$RABBITMQ_PASSWORD" http://127.0.0.1:15672/api/definitions > before.json':
    { reason: 'it is typed for docs/runbooks.md', test: 'test/docs/brokerBlocks.test.ts' },
  "docs/moving-in.md: terraform state list | grep '^rabbitmq_' | xargs -n 1 terraform state rm": {
    reason: 'no test has Terraform',
  },
  'docs/moving-in.md: kubectl port-forward service/rabbitmq 15672:15672 &': {
    reason: `${NEEDS_KUBERNETES}; the import alone is typed for README.md`,
    test: 'test/docs/brokerBlocks.test.ts',
  },
  'docs/moving-in.md: kubectl --namespace rabbitmq-system scale deployment messaging-topology-operator --replicas 0':
    { reason: 'no test has the topology operator' },
  'docs/runbooks.md: npx warren rotate --stack production --user celery --dry-run': ROTATION,
  'docs/runbooks.md: npx warren rotate --stack production': ROTATION,
  'docs/runbooks.md: rabbitmqctl add_user rescue   # asks for a password': {
    reason: 'it is typed where the broker runs; the test does the same by the management API',
    test: 'test/docs/brokerBlocks.test.ts',
  },
  'docs/runbooks.md: npx warren up --stack production   # makes what is missing, one node after the other': {
    reason: 'it needs a cluster that has lost a node',
    test: 'test/docker/tutorial.test.ts',
  },
  'docs/runbooks.md: npx warren up --stack production --refresh --run-program': {
    reason: 'it needs two Docker hosts, of which one is lost, and takes a minute',
  },
  'docs/runbooks.md: npx warren preview --stack production   # which alarm, on which node': {
    reason: 'it needs a broker in an alarm',
    test: 'test/faults/alarm.test.ts',
  },
  'docs/dead-letters.md: npx warren dlq list --stack production                          # which queues, how many, from where, why':
    DEAD_LETTERS,
  'docs/dead-letters.md: $ npx warren dlq list --stack production': DEAD_LETTERS,
  'docs/dead-letters.md: $ npx warren dlq show failed --stack production --limit 1': DEAD_LETTERS,
  'docs/migration.md: $ npx warren import live:http://old.example.com:15672 --target 4.3 --output shop.yaml':
    {
      reason: 'it needs a RabbitMQ 3.10 with mirrored queues',
      test: 'test/systems/migration.test.ts',
    },
  ...Object.fromEntries(
    [
      'npx warren init --stack new --topology shop.yaml --endpoint https://new.example.com:15671',
      'pulumi config set topology shop.moving.yaml --stack new',
      'pulumi config rm --path \'logins["old"]\' --stack new',
      'npx warren import live:http://old.example.com:15672 --output shop.yaml',
      'npx warren preview --stack prod     # says what would be refused as things are',
    ].map((first) => [
      `docs/migration.md: ${first}`,
      { reason: 'a step between an old and a new cluster', test: 'test/systems/migration.test.ts' },
    ]),
  ),
  'docs/health.md: $ npx warren doctor --stack production': {
    reason: 'it needs a broker with TLS, and a user whose password was changed',
    test: 'test/status/status.test.ts',
  },
  ...Object.fromEntries(
    ['npx warren status --stack production', '$ npx warren status --stack production'].map((first) => [
      `docs/status.md: ${first}`,
      { reason: 'it needs a broker in trouble', test: 'test/status/status.test.ts' },
    ]),
  ),
  ...Object.fromEntries(
    [
      'npx warren dlq list --stack production                          # which queues, how many, from where, why',
      '$ npx warren dlq list --stack production',
      '$ npx warren dlq show failed --stack production --limit 1',
    ].map((first) => [
      `docs/dead-letters.md: ${first}`,
      { reason: 'it needs messages that died', test: 'test/broker/dlq.test.ts' },
    ]),
  ),
};
