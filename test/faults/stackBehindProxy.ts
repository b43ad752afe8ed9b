/** A stack of its own whose provider reaches a virgin broker by a proxy, which can act at any request. */
import * as path from 'node:path';
import { resetBroker, type TestBroker } from '../rigs/brokers';
import { PulumiWorkspace } from '../rigs/pulumi';
import { InterceptingProxy } from './interceptingProxy';

export interface StackBehindProxy {
  readonly workspace: PulumiWorkspace;
  readonly proxy: InterceptingProxy;
  /** The management API's URL by the proxy. */
  readonly endpoint: string;
  /** Where its topology may stand; nothing is there yet. */
  readonly topologyFile: string;
}

/** Without checkpoints, as `warren up` works. The stack isn't there before `initWithSeed`. */
export async function openStackBehindProxy(broker: TestBroker): Promise<StackBehindProxy> {
  await resetBroker(broker);
  const proxy = await InterceptingProxy.start(broker.managementPort);
  const workspace = new PulumiWorkspace({ stack: 'test', env: { PULUMI_SKIP_CHECKPOINTS: 'true' } });
  const endpoint = `http://127.0.0.1:${proxy.port}`;
  return { workspace, proxy, endpoint, topologyFile: path.join(workspace.folder, 'topology.yaml') };
}

export async function closeStackBehindProxy({
  workspace,
  proxy,
}: Pick<StackBehindProxy, 'workspace' | 'proxy'>): Promise<void> {
  await proxy.stop();
  workspace.dispose();
}
