/** `docker:index/container:Container` */
import type { Failure } from '../../../inputs';
import type { PropertyMap } from '../../../values';
import type { Call, DockerType } from '../resource';
import { Incomplete } from '../../../incomplete';
import { UserError } from '../../../userError';
import { hasUnknown } from '../../../values';
import { isEngineError } from '../../../../dockerApi/errors';
import { path } from '../../../../dockerApi/transport';
import { ensureImage } from '../images';
import { isOwn, nameTaken } from '../owner';
import { compareProperties } from '../properties/compare';
import { creationOf, endpointOf, resourcesOf, restartPolicyOf } from './creation';
import { driftOf } from './drift';
import { CONTAINER_FIELDS, CONTAINER_OUTPUTS, type ContainerInputs, type Upload } from './fields';
import { importedState, stateOf, type Inspection } from './inspection';
import { logOf } from './logs';
import { explained, inspect, missingNetwork, start, waitUntilHealthy } from './start';
import { archiveOf, uploadFault } from './uploads';

const RUN_TIMEOUT_MS = 20 * 60_000;
/** What Docker waits for where nobody says how long. */
const STOP_TIMEOUT_SECONDS = 10;
const REMOVAL_TIMEOUT_MS = 60_000;
const LOOK_AGAIN_MS = 200;

/** By Docker, while it runs; the other properties that don't replace it are this plugin's own. */
const CHANGEABLE = Object.fromEntries(
  Object.entries(CONTAINER_FIELDS).filter(([name]) =>
    /^(restart|maxRetryCount|memory\w*|cpuShares|cpuSet)$/.test(name),
  ),
);

export const containerType: DockerType = {
  token: 'docker:index/container:Container',
  schemaVersion: 2,
  fields: CONTAINER_FIELDS,
  outputs: CONTAINER_OUTPUTS,
  isAutonamed: true,
  isDeletedFirst: true,
  drift: driftOf,
  complete: (values) => ({ values, failures: faultsOf(values as unknown as ContainerInputs) }),
  create: async (call, values) => {
    const inputs = values as unknown as ContainerInputs;
    await ensureImage(call, inputs.image);
    const id = await make(call, inputs);
    try {
      await furnish(call, id, inputs);
      if (inputs.start) await start(call, id, inputs);
    } catch (error) {
      // It never ran: the next run makes it anew.
      await removeAtOnce(call, id, true).catch(() => undefined);
      throw error;
    }
    return { id, state: await finish(call, id, values) };
  },
  read: async (call, id, state) => {
    const found = await inspect(call, id);
    if (found === undefined) return undefined;
    return { id: found.Id, state: state === undefined ? importedState(found) : stateOf(found, state) };
  },
  update: async (call, { id, state }, values) => {
    const inputs = values as unknown as ContainerInputs;
    const found = await inspect(call, id);
    if (found === undefined) {
      throw new UserError(
        `Cannot change the container "${inputs.name}": it was deleted. Run \`pulumi refresh\`, or \`pulumi up --refresh\`, which makes it anew.`,
      );
    }
    // Docker refuses some of it for a container that is removed at its end, also where nothing changes.
    if (compareProperties(CHANGEABLE, state, values).length > 0) {
      await call.engine.ask({
        method: 'POST',
        path: `${path('containers', id)}/update`,
        body: { ...resourcesOf(inputs), RestartPolicy: restartPolicyOf(inputs) },
        action: `change the container "${inputs.name}"`,
      });
    }
    if (inputs.start && inputs.mustRun && !found.State.Running) await start(call, id, inputs);
    return finish(call, id, { ...computedOf(state), ...values });
  },
  remove: async (call, { id, state }) => {
    const { attach, destroyGraceSeconds, stopTimeout, removeVolumes } = state as unknown as ContainerInputs;
    if (attach !== true) await stop(call, id, destroyGraceSeconds ?? stopTimeout);
    await removeAtOnce(call, id, removeVolumes);
  },
};

function faultsOf(inputs: ContainerInputs): readonly Failure[] {
  const { uploads, networkMode, networksAdvanced = [] } = inputs;
  const failures: Failure[] = [];
  // What is unknown yet is no list.
  const known = Array.isArray(uploads) ? (uploads as readonly Upload[]) : [];
  known.forEach((upload, index) => {
    const reason = hasUnknown(upload) ? undefined : uploadFault(upload);
    if (reason !== undefined) failures.push({ property: `uploads[${index}]`, reason });
  });
  if (known.length > 0 && inputs.readOnly === true) {
    const reason = 'may not stand beside readOnly: Docker puts no files into a root that is read-only';
    failures.push({ property: 'uploads', reason });
  }
  if (networksAdvanced.length > 0 && networkMode !== 'bridge') {
    failures.push({ property: 'networkMode', reason: 'may not stand beside networksAdvanced' });
  }
  return failures;
}

async function make(call: Call, inputs: ContainerInputs): Promise<string> {
  try {
    return await post(call, inputs);
  } catch (error) {
    if (!isEngineError(error, 'conflict')) throw explained(inputs, error);
    const left = await inspect(call, inputs.name);
    if (left === undefined) throw error;
    if (!isOwn(inputs.labels, left.Config.Labels)) throw nameTaken('container', inputs.name);
    await stop(call, left.Id, inputs.destroyGraceSeconds ?? inputs.stopTimeout);
    await removeAtOnce(call, left.Id, true);
    return post(call, inputs);
  }
}

async function post({ engine }: Call, inputs: ContainerInputs): Promise<string> {
  const { name } = inputs;
  const { Id } = await engine.ask<{ Id: string }>({
    method: 'POST',
    path: '/containers/create',
    query: { name },
    body: creationOf(inputs),
    action: `create the container "${name}"`,
  });
  return Id;
}

/** Its networks and its files. */
async function furnish(call: Call, id: string, inputs: ContainerInputs): Promise<void> {
  const { name, networksAdvanced = [] } = inputs;
  if (networksAdvanced.length > 0) await leaveDefaultNetwork(call, id);
  for (const network of networksAdvanced) {
    try {
      await call.engine.ask({
        method: 'POST',
        path: `${path('networks', network.name)}/connect`,
        body: { Container: id, EndpointConfig: endpointOf(network) },
        action: `connect the container "${name}" with the network "${network.name}"`,
      });
    } catch (error) {
      throw isEngineError(error, 'notFound') ? missingNetwork(name, network.name) : error;
    }
  }
  const archive = await archiveOf(inputs);
  if (archive === undefined) return;
  await call.engine.ask({
    method: 'PUT',
    path: `${path('containers', id)}/archive`,
    query: { path: '/' },
    body: archive,
    action: `upload the files of the container "${name}"`,
  });
}

/** An engine may have none. */
async function leaveDefaultNetwork({ engine }: Call, id: string): Promise<void> {
  try {
    await engine.ask({
      method: 'POST',
      path: '/networks/bridge/disconnect',
      body: { Container: id },
      action: `disconnect the container "${id.slice(0, 12)}" from the default network`,
    });
  } catch (error) {
    const isApart = isEngineError(error) && error.reason?.includes('is not connected to') === true;
    if (!isApart && !isEngineError(error, 'notFound')) throw error;
  }
}

/** What is to be waited for. Where that fails, the container stays as it is, for a look at it. */
async function finish(call: Call, id: string, values: PropertyMap): Promise<PropertyMap> {
  const inputs = values as unknown as ContainerInputs;
  try {
    if (inputs.start && inputs.wait === true) await waitUntilHealthy(call, id, inputs);
  } catch (error) {
    const isCancelled = isEngineError(error, 'cancelled');
    if (!(error instanceof UserError) && !isCancelled) throw error;
    const found = isCancelled ? undefined : await inspect(call, id);
    throw new Incomplete(id, found === undefined ? values : stateOf(found, values), [error.message]);
  }
  const log = inputs.start && inputs.attach === true ? await runToItsEnd(call, id, inputs) : undefined;
  const found = await mustInspect(call, id, inputs);
  return { ...stateOf(found, values), ...(log === undefined ? {} : { containerLogs: log }) };
}

async function mustInspect(call: Call, id: string, { name }: ContainerInputs): Promise<Inspection> {
  const found = await inspect(call, id);
  if (found !== undefined) return found;
  throw new UserError(`The container "${name}" is gone: it was deleted while it was being started.`);
}

async function runToItsEnd(call: Call, id: string, inputs: ContainerInputs): Promise<string> {
  await call.engine.ask({
    method: 'POST',
    path: `${path('containers', id)}/wait`,
    action: `wait for the end of the container "${inputs.name}"`,
    timeoutMs: RUN_TIMEOUT_MS,
  });
  return inputs.logs === true ? logOf(call, id, inputs.tty ?? false) : '';
}

/** Of the state, what no program gives. */
function computedOf(state: PropertyMap): PropertyMap {
  return Object.fromEntries(
    Object.entries(state).filter(
      ([name]) => CONTAINER_FIELDS[name]?.isComputed === true || CONTAINER_OUTPUTS.includes(name),
    ),
  );
}

async function stop({ engine }: Call, id: string, graceSeconds: number | undefined): Promise<void> {
  const seconds = graceSeconds ?? 0;
  try {
    await engine.ask({
      method: 'POST',
      path: `${path('containers', id)}/stop`,
      query: { t: seconds > 0 ? seconds : undefined },
      action: `stop the container "${id.slice(0, 12)}"`,
      timeoutMs: Math.max(seconds, STOP_TIMEOUT_SECONDS) * 1000 + REMOVAL_TIMEOUT_MS,
    });
  } catch (error) {
    if (!isEngineError(error, 'notFound')) throw error;
  }
}

async function removeAtOnce(call: Call, id: string, withVolumes: boolean): Promise<void> {
  const { engine } = call;
  const action = `delete the container "${id.slice(0, 12)}"`;
  try {
    await engine.ask({
      method: 'DELETE',
      path: path('containers', id),
      query: { force: true, v: withVolumes },
      action,
      timeoutMs: REMOVAL_TIMEOUT_MS,
    });
  } catch (error) {
    if (isEngineError(error, 'notFound')) return;
    // Somebody else deletes it, too.
    if (!isEngineError(error, 'conflict')) throw error;
  }
  const deadline = Date.now() + REMOVAL_TIMEOUT_MS;
  while ((await inspect(call, id)) !== undefined) {
    if (Date.now() >= deadline) {
      throw new UserError(`Cannot ${action}: Docker has not finished within ${REMOVAL_TIMEOUT_MS / 1000} s.`);
    }
    await engine.pause(LOOK_AGAIN_MS, action);
  }
}
