/** From a container that was made to one that runs, and is healthy where that is asked for. */
import type { Call } from '../resource';
import type { ContainerInputs } from './fields';
import type { Inspection } from './inspection';
import { UserError } from '../../../userError';
import { isEngineError } from '../../../../dockerApi/errors';
import { lookUp } from '../../../../dockerApi/objects';
import { path } from '../../../../dockerApi/transport';
import { logOf } from './logs';

const LOOK_AGAIN_MS = 200;
const LOG_LINES = 10;

export function inspect({ engine }: Call, id: string): Promise<Inspection | undefined> {
  return lookUp(engine, `${path('containers', id)}/json`, `read the container "${id}"`);
}

/** @throws UserError or EngineError: it doesn't run then */
export async function start({ engine }: Call, id: string, inputs: ContainerInputs): Promise<void> {
  try {
    await engine.ask({
      method: 'POST',
      path: `${path('containers', id)}/start`,
      action: `start the container "${inputs.name}"`,
    });
  } catch (error) {
    throw explained(inputs, error);
  }
}

/** In the words of the program where it is clear what is meant. */
export function explained({ name }: ContainerInputs, error: unknown): unknown {
  if (!isEngineError(error) || error.reason === undefined) return error;
  const { reason } = error;
  if (/address already in use|port is already allocated/.test(reason)) {
    const port = ADDRESS.exec(reason)?.[1] ?? 'one of its external ports';
    return new UserError(
      `Cannot start the container "${name}": ${port} is taken by another container or program of the host. ` +
        'Choose another `external` port (in a stack: docker.cluster.amqpPort, amqpsPort, managementPort), or end what uses it.',
    );
  }
  const network = /network (\S+) not found|No such network: (\S+)/i.exec(reason);
  if (network === null) return error;
  return missingNetwork(name, network[1] ?? network[2] ?? '');
}

/** The words before it are those of several versions of Docker. */
const ADDRESS = /(?:listen \w+ |Bind for |host port (?:for )?)(\d+\.\d+\.\d+\.\d+:\d+|\[[0-9a-f:]+\]:\d+)/i;

export function missingNetwork(container: string, network: string): UserError {
  return new UserError(
    `Cannot create the container "${container}": there is no network "${network}". ` +
      'Create it in this program and pass its `name`, or correct `networksAdvanced`.',
  );
}

/** @throws UserError with what the container said, when it isn't healthy in time or has ended; it is left as it is */
export async function waitUntilHealthy(call: Call, id: string, inputs: ContainerInputs): Promise<void> {
  const { name, waitTimeout } = inputs;
  const deadline = Date.now() + waitTimeout * 1000;
  for (;;) {
    const found = await inspect(call, id);
    const health = found?.State.Health;
    if (health?.Status === 'healthy') return;
    if (found === undefined || hasEnded(found)) {
      const code = found === undefined ? '' : ` with exit code ${found.State.ExitCode}`;
      throw new UserError(`The container "${name}" ended${code}.${await lastWords(call, found)}`);
    }
    if (health === undefined || health === null) {
      throw new UserError(
        `The container "${name}" is to be waited for, and has no health check. ` +
          'Give it a `healthcheck`, or take out `wait`.',
      );
    }
    if (Date.now() >= deadline) {
      throw new UserError(
        `The container "${name}" did not become healthy within ${waitTimeout} s (\`waitTimeout\`).${await lastWords(call, found)}`,
      );
    }
    call.status(`waiting until it is healthy (${health.Status})`);
    await call.engine.pause(LOOK_AGAIN_MS, `wait for the container "${name}"`);
  }
}

function hasEnded({ State: state }: Inspection): boolean {
  return !state.Running && !state.Restarting;
}

async function lastWords(call: Call, found: Inspection | undefined): Promise<string> {
  if (found === undefined) return '';
  const checks = found.State.Health?.Log ?? [];
  const check = checks[checks.length - 1];
  const checkWords =
    check === undefined
      ? ''
      : ` Its last check ended with ${check.ExitCode}: ${check.Output.trim().slice(-500) || 'without a word'}.`;
  const log = await logOf(call, found.Id, found.Config.Tty, LOG_LINES);
  return `${checkWords}${log === '' ? ' It printed nothing.' : ` The end of its log:\n${log}`}`;
}
