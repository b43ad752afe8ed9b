/** RabbitMQ deletes an auto-delete exchange with its last binding. Where the topology keeps the exchange, it is there after an `up`. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { canonicalJson, type JsonValue } from '../../topology/objects';
import { withBroker, type TestBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { PulumiWorkspace } from '../rigs/pulumi';
import { expectNoChange } from './systemStack';

const LAST = ', { exchange: seasonal, routingKey: "#" }';
/** One leads to the other: both go with one binding. */
const TOPOLOGY = `warren: 1
vhosts:
  shop:
    exchanges:
      events: { type: topic }
      collected: { autoDelete: true, bindings: [{ exchange: events, routingKey: "#" }] }
      seasonal: { type: topic, autoDelete: true, bindings: [{ exchange: collected }] }
    queues:
      orders: { bindings: [{ exchange: events, routingKey: "#" }${LAST}] }
users:
  shop:
    permissions: { shop: { read: '^orders$' } }
    topicPermissions: { shop: { seasonal: { write: '^own$', read: '.*' } } }
`;

interface Definitions {
  readonly bindings: readonly { readonly source: string }[];
  readonly exchanges: readonly object[];
  readonly topic_permissions?: readonly object[];
}

function sorted(objects: readonly object[] = []): string[] {
  return objects.map((object) => canonicalJson(object as JsonValue)).sort();
}

withBroker('an auto-delete exchange that is kept', keeping, ['4.3']);

function keeping(broker: TestBroker): void {
  let workspace: PulumiWorkspace;
  const write = (text: string): void => {
    fs.writeFileSync(path.join(workspace.folder, 'topology.yaml'), text);
  };
  const up = async (): Promise<Definitions> => {
    const run = await workspace.up();
    expect(run.exitCode, run.output).toBe(0);
    return callManagement(broker, 'GET', 'definitions');
  };

  beforeEach(() => {
    workspace = new PulumiWorkspace({ stack: 'test' });
  });
  afterEach(async () => {
    await workspace.destroy();
    workspace.dispose();
  });

  it.each(['object', 'vhost'])(
    'stays when its last binding goes, with granularity %s',
    async (granularity) => {
      write(TOPOLOGY);
      await workspace.initWithSeed({
        topology: path.join(workspace.folder, 'topology.yaml'),
        target: broker.version,
        endpoint: `http://127.0.0.1:${broker.managementPort}`,
        granularity,
      });
      const before = await up();
      write(TOPOLOGY.replace(LAST, ''));
      const after = await up();
      expect(sorted(after.bindings)).toEqual(
        sorted(before.bindings.filter(({ source }) => source !== 'seasonal')),
      );
      expect(sorted(after.exchanges)).toEqual(sorted(before.exchanges));
      expect(sorted(after.topic_permissions)).toEqual(sorted(before.topic_permissions));
      expectNoChange(await workspace.up());
    },
  );
}
