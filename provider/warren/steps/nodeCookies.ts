/** The Erlang cookie of a node in a container: in the node's memory, and in the file that its next start reads. */
import { runInContainer } from '../../../dockerApi/containers';
import { isEngineError } from '../../../dockerApi/errors';
import { lookUp } from '../../../dockerApi/objects';
import { path, type Engine } from '../../../dockerApi/transport';
import { OWNER_LABEL } from '../../offline/docker/owner';
import { textOfFrames } from '../../offline/docker/container/logs';
import { archiveOf } from '../../offline/docker/container/uploads';

export interface NodeContainer {
  readonly engine: Engine;
  readonly name: string;
  readonly isRunning: boolean;
}

interface Inspection {
  readonly State: { readonly Running: boolean; readonly Restarting: boolean };
  readonly Config: { readonly Labels?: Readonly<Record<string, string>> | null };
}

const COOKIE_FILE = '/var/lib/rabbitmq/.erlang.cookie';
/** Readable for root alone; it goes with the container, if it isn't deleted before. */
const GIVEN_FILE = '/etc/rabbitmq/.erlang.cookie.given';
const ROOT = '0';
const TAR_BLOCK = 512;
const COMMAND_MS = 60_000;
const WORDS = 300;

/** Those that are there, and the stack's own. */
export async function findNodes(
  engine: Engine,
  {
    cluster,
    owner,
    hosts,
  }: { readonly cluster: string; readonly owner: string; readonly hosts: readonly string[] },
): Promise<readonly NodeContainer[]> {
  const found = hosts.map(async (host): Promise<NodeContainer[]> => {
    const name = `${cluster}-${host}`;
    const seen = await lookUp<Inspection>(
      engine,
      `${path('containers', name)}/json`,
      `look at the container "${name}"`,
    );
    if (seen === undefined || seen.Config.Labels?.[OWNER_LABEL] !== owner) return [];
    return [{ engine, name, isRunning: seen.State.Running && !seen.State.Restarting }];
  });
  return (await Promise.all(found)).flat();
}

/** By its file, and so by what runs: both change together. */
export async function hasCookie({ engine, name }: NodeContainer, cookie: string): Promise<boolean> {
  try {
    const archive = await engine.read({
      method: 'GET',
      path: `${path('containers', name)}/archive`,
      query: { path: COOKIE_FILE },
      action: `read the cookie of ${name}`,
    });
    // The one file of a tar archive stands behind one block.
    return archive.subarray(TAR_BLOCK, TAR_BLOCK + cookie.length).toString() === cookie;
  } catch (error) {
    // A container that was made and has never started has none.
    if (isEngineError(error, 'notFound')) return false;
    throw error;
  }
}

/** @returns what is in the way just now, as a sentence without its full stop */
export async function giveCookie(node: NodeContainer, cookie: string): Promise<string | undefined> {
  if (!node.isRunning) {
    // Its next start reads the file.
    await put(node, COOKIE_FILE, cookie, '0400');
    return undefined;
  }
  const ended = await runWith(node, cookie, CHANGE);
  if (ended?.exitCode === 0) return undefined;
  return `${node.name} didn't take it (${ended === undefined ? 'it stopped meanwhile' : ended.words})`;
}

const SAME = `[ "$(cat ${GIVEN_FILE})" = "$(cat ${COOKIE_FILE})" ]`;

/** By the node itself, in one go: there is no moment in which its file has another cookie than it uses. */
const CHANGE_IN_NODE = [
  `{ok, Text} = file:read_file("${COOKIE_FILE}.next")`,
  `ok = file:rename("${COOKIE_FILE}.next", "${COOKIE_FILE}")`,
  'true = erlang:set_cookie(node(), binary_to_atom(Text, utf8))',
  'ok.',
].join(', ');

/** The copy has the owner of RabbitMQ's own file, whoever that is in this image. */
const CHANGE = `if ${SAME}; then exit 0; fi
cp -p ${COOKIE_FILE} ${COOKIE_FILE}.next
cat ${GIVEN_FILE} > ${COOKIE_FILE}.next
rabbitmqctl --quiet --timeout 30 eval '${CHANGE_IN_NODE}'`;

/** Undefined where the container stops meanwhile. */
async function runWith(
  node: NodeContainer,
  cookie: string,
  script: string,
): Promise<{ readonly exitCode: number; readonly words: string } | undefined> {
  try {
    await put(node, GIVEN_FILE, cookie, '0600');
    const text = `set -eu\ntrap 'rm -f ${GIVEN_FILE}' EXIT\n${script}`;
    const { exitCode, output } = await runInContainer(node.engine, node.name, {
      command: ['sh', '-c', text],
      user: ROOT,
      timeoutMs: COMMAND_MS,
      action: `give ${node.name} its cookie`,
    });
    return { exitCode, words: textOfFrames(output).trim().replaceAll(/\s+/g, ' ').slice(0, WORDS) };
  } catch (error) {
    if (isEngineError(error, 'conflict', 'notFound')) return undefined;
    throw error;
  }
}

async function put(
  { engine, name }: NodeContainer,
  file: string,
  content: string,
  permissions: string,
): Promise<void> {
  const archive = await archiveOf({ name, uploads: [{ file, content, permissions }] });
  if (archive === undefined) return;
  await engine.ask({
    method: 'PUT',
    path: `${path('containers', name)}/archive`,
    query: { path: '/' },
    body: archive,
    action: `write into the container "${name}"`,
  });
}
