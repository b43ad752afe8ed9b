/** `docker:index/volume:Volume` */
import type { Call, DockerType } from './resource';
import type { PropertyMap } from '../../values';
import { UserError } from '../../userError';
import { deleteWhenFree, lookUp } from '../../../dockerApi/objects';
import { path } from '../../../dockerApi/transport';
import { isOwn, nameTaken, OWNER_LABEL } from './owner';
import { LABELS, labelList, labelTable, type Label } from './properties/fields';

interface VolumeInputs {
  readonly name: string;
  readonly driver?: string;
  readonly driverOpts?: Readonly<Record<string, string>>;
  readonly labels?: readonly Label[];
}

interface Inspection {
  readonly Name: string;
  readonly Driver: string;
  readonly Mountpoint: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Options: Readonly<Record<string, string>> | null;
}

export const volumeType: DockerType = {
  token: 'docker:index/volume:Volume',
  schemaVersion: 1,
  fields: {
    name: { form: 'text', isRequired: true, effect: 'replace' },
    driver: { form: 'text', effect: 'replace', isComputed: true },
    driverOpts: { form: 'table', effect: 'replace' },
    labels: { form: 'objects', effect: 'replace', fields: LABELS },
  },
  outputs: ['mountpoint'],
  isAutonamed: true,
  isDeletedFirst: false,
  create: async (call, values) => {
    const inputs = values as unknown as VolumeInputs;
    const left = await inspect(call, inputs.name);
    if (left !== undefined) await takeOver(call, left, inputs);
    const found = await call.engine.ask<Inspection>({
      method: 'POST',
      path: '/volumes/create',
      body: {
        Name: inputs.name,
        Driver: inputs.driver ?? 'local',
        DriverOpts: inputs.driverOpts ?? {},
        Labels: labelTable(inputs.labels),
      },
      action: `create the volume "${inputs.name}"`,
    });
    return { id: found.Name, state: stateOf(found, values) };
  },
  read: async (call, id, state) => {
    const found = await inspect(call, id);
    if (found === undefined) return undefined;
    const given = { labels: labelList(found.Labels), driverOpts: found.Options ?? {} };
    return { id: found.Name, state: stateOf(found, state ?? given) };
  },
  // There is nothing about a volume that can be changed.
  update: (_call, { state }) => Promise.resolve(state),
  remove: (call, { id }) =>
    deleteWhenFree(call, {
      method: 'DELETE',
      path: path('volumes', id),
      action: `delete the volume "${id}"`,
    }),
};

/** A volume that is there already holds somebody's data: it is used as it is, never made anew. */
async function takeOver({ warn }: Call, found: Inspection, inputs: VolumeInputs): Promise<void> {
  const { name, driver = 'local', labels } = inputs;
  if (found.Driver !== driver) {
    throw new UserError(
      `Cannot create the volume "${name}": there is one of that name, of the driver "${found.Driver}" and not "${driver}". ` +
        'Choose another name, or that driver.',
    );
  }
  if (isOwn(labels, found.Labels)) return;
  // Who labels what is its own would later delete somebody else's data with it.
  const hasOwner = found.Labels?.[OWNER_LABEL] !== undefined;
  if (!hasOwner && labels?.some(({ label }) => label === OWNER_LABEL) === true)
    throw nameTaken('volume', name);
  await warn(
    `The volume "${name}" was there before this program: its content is kept and used, and deleting this resource will delete it.`,
  );
}

function inspect({ engine }: Call, name: string): Promise<Inspection | undefined> {
  return lookUp(engine, path('volumes', name), `read the volume "${name}"`);
}

/**
 * Labels and options of a volume never change. So they stay as they are known: others, of a volume that was taken over,
 * would have it replaced, with all that it holds.
 */
function stateOf(found: Inspection, known: PropertyMap): PropertyMap {
  return {
    name: found.Name,
    driver: found.Driver,
    driverOpts: known.driverOpts ?? {},
    labels: known.labels ?? [],
    mountpoint: found.Mountpoint,
  };
}
