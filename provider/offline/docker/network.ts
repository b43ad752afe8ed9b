/** `docker:index/network:Network` */
import type { Call, DockerType } from './resource';
import type { PropertyMap } from '../../values';
import { UserError } from '../../userError';
import { isEngineError } from '../../../dockerApi/errors';
import { deleteWhenFree, lookUp } from '../../../dockerApi/objects';
import { path } from '../../../dockerApi/transport';
import { isOwn, nameTaken } from './owner';
import { LABELS, labelList, labelTable, type Label } from './properties/fields';

interface NetworkInputs {
  readonly name: string;
  readonly attachable?: boolean;
  readonly driver?: string;
  readonly internal?: boolean;
  readonly ipamConfigs?: readonly IpamConfig[];
  readonly ipv6?: boolean;
  readonly labels?: readonly Label[];
  readonly options?: Readonly<Record<string, string>>;
}

interface IpamConfig {
  readonly subnet?: string;
  readonly gateway?: string;
  readonly ipRange?: string;
}

interface Inspection {
  readonly Id: string;
  readonly Name: string;
  readonly Scope: string;
  readonly Driver: string;
  readonly EnableIPv6: boolean;
  readonly Internal: boolean;
  readonly Attachable: boolean;
  readonly Ingress: boolean;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Options: Readonly<Record<string, string>> | null;
  readonly IPAM: {
    readonly Driver: string;
    readonly Config:
      readonly { readonly Subnet?: string; readonly Gateway?: string; readonly IPRange?: string }[] | null;
  };
  readonly Containers?: Readonly<Record<string, { readonly Name: string }>> | null;
}

export const networkType: DockerType = {
  token: 'docker:index/network:Network',
  schemaVersion: 1,
  fields: {
    name: { form: 'text', isRequired: true, effect: 'replace' },
    attachable: { form: 'flag', effect: 'replace' },
    driver: { form: 'text', effect: 'replace', isComputed: true },
    internal: { form: 'flag', effect: 'replace', isComputed: true },
    ipamConfigs: {
      form: 'objects',
      effect: 'replace',
      isComputed: true,
      fields: {
        subnet: { form: 'text', isComputed: true },
        gateway: { form: 'text', isComputed: true },
        ipRange: { form: 'text', isComputed: true },
      },
    },
    ipamDriver: { form: 'text', effect: 'replace', default: 'default' },
    ipv6: { form: 'flag', effect: 'replace' },
    labels: { form: 'objects', effect: 'replace', fields: LABELS },
    options: { form: 'table', effect: 'replace', isComputed: true },
  },
  outputs: ['scope', 'ingress'],
  isAutonamed: true,
  isDeletedFirst: false,
  create: async (call, values) => {
    const inputs = values as unknown as NetworkInputs;
    const left = await inspect(call, inputs.name);
    // Without a look first, older engines would make a second one of that name.
    if (left?.Name === inputs.name) {
      if (!isOwn(inputs.labels, left.Labels)) throw nameTaken('network', inputs.name);
      await remove(call, left.Id, inputs.name);
    }
    const { Id } = await call.engine.ask<{ Id: string }>({
      method: 'POST',
      path: '/networks/create',
      body: creationOf(inputs, values),
      action: `create the network "${inputs.name}"`,
    });
    const found = await inspect(call, Id);
    return { id: Id, state: found === undefined ? values : stateOf(found) };
  },
  read: async (call, id) => {
    const found = await inspect(call, id);
    return found === undefined ? undefined : { id: found.Id, state: stateOf(found) };
  },
  // There is nothing about a network that can be changed.
  update: (_call, { state }) => Promise.resolve(state),
  remove: (call, { id, state }) => remove(call, id, typeof state.name === 'string' ? state.name : id),
};

function creationOf(inputs: NetworkInputs, { ipamDriver }: PropertyMap): object {
  const configs = inputs.ipamConfigs ?? [];
  return {
    Name: inputs.name,
    CheckDuplicate: true,
    Driver: inputs.driver ?? 'bridge',
    Internal: inputs.internal ?? false,
    Attachable: inputs.attachable ?? false,
    EnableIPv6: inputs.ipv6 ?? false,
    Labels: labelTable(inputs.labels),
    Options: inputs.options ?? {},
    IPAM: {
      Driver: ipamDriver,
      Config: configs.map(({ subnet, gateway, ipRange }) => ({
        Subnet: subnet,
        Gateway: gateway,
        IPRange: ipRange,
      })),
    },
  };
}

function inspect({ engine }: Call, id: string): Promise<Inspection | undefined> {
  return lookUp(engine, path('networks', id), `read the network "${id}"`);
}

function stateOf(found: Inspection): PropertyMap {
  return {
    name: found.Name,
    attachable: found.Attachable,
    driver: found.Driver,
    ingress: found.Ingress,
    internal: found.Internal,
    ipamConfigs: (found.IPAM.Config ?? []).map(({ Subnet = '', Gateway = '', IPRange = '' }) => ({
      subnet: Subnet,
      gateway: Gateway,
      ipRange: IPRange,
    })),
    ipamDriver: found.IPAM.Driver,
    ipv6: found.EnableIPv6,
    labels: labelList(found.Labels),
    options: found.Options ?? {},
    scope: found.Scope,
  };
}

async function remove(call: Call, id: string, name: string): Promise<void> {
  const action = `delete the network "${name}"`;
  try {
    await deleteWhenFree(call, { method: 'DELETE', path: path('networks', id), action });
  } catch (error) {
    throw await explained(call, id, name, error);
  }
}

/** Who it is that uses it. */
async function explained(call: Call, id: string, name: string, error: unknown): Promise<unknown> {
  if (!isEngineError(error, 'conflict')) return error;
  const containers = Object.values((await inspect(call, id))?.Containers ?? {}).map((one) => `"${one.Name}"`);
  if (containers.length === 0) return error;
  return new UserError(
    `Cannot delete the network "${name}": the containers ${containers.join(', ')} are connected with it, and this ` +
      'program does not delete them. Disconnect them (`docker network disconnect`) or delete them, and run it again.',
  );
}
