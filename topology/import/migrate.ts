/**
 * Mirrored classic queues of 3.x for a target that has no mirrors: they become quorum queues where they can. What is in
 * the way of each, and what its applications must do, is said beside it.
 */
import { isRecord } from '../build/values';
import type { Arguments, BrokerObject, JsonValue, ObjectOfKind, PolicyObject, QueueObject } from '../objects';
import { identityKey } from '../objects';
import { capitalised, quoteList } from '../names';
import { literalNames } from '../patterns/literals';
import { QUORUM_PRIORITIES_MAX } from '../resolve/replication';
import { effectiveValue } from '../route/effectiveSettings';
import { policyIndex } from '../route/policies';
import { canMirror, isAtLeast } from '../target';
import type { Target } from '../target';
import { counted } from './report';
import type { ReportLine } from './report';
import { without } from './settings';
import { queueTypeOf, vhostParts } from './vhostParts';
import type { VhostParts } from './vhostParts';

export interface Migrated {
  readonly objects: readonly BrokerObject[];
  /** By the identity of the object. */
  readonly notes: ReadonlyMap<string, readonly string[]>;
  readonly inTheWay: readonly ReportLine[];
  readonly recognised: readonly ReportLine[];
}

interface Building {
  readonly changed: Map<string, BrokerObject | undefined>;
  readonly notes: Map<string, string[]>;
  readonly inTheWay: ReportLine[];
  readonly recognised: ReportLine[];
  readonly target: Target;
}

export function migrateMirrors(objects: readonly BrokerObject[], target: Target): Migrated {
  const building: Building = {
    changed: new Map(),
    notes: new Map(),
    inTheWay: [],
    recognised: [],
    target,
  };
  if (!canMirror(target)) {
    const vhosts = [...vhostParts(objects).values()];
    for (const parts of vhosts) migrateVhost(parts, building);
    if (vhosts.some((parts) => mirroringIn(parts).length > 0))
      for (const parts of vhosts) tellLinks(parts, building);
  }
  const { changed, notes, inTheWay, recognised } = building;
  const migrated = objects.flatMap((object) => {
    const key = identityKey(object);
    return changed.has(key) ? (changed.get(key) ?? []) : [object];
  });
  return { objects: migrated, notes, inTheWay, recognised };
}

function mirroringIn(parts: VhostParts): readonly PolicyObject[] {
  return parts.of('policy').filter(({ definition }) => Object.keys(definition).some(isMirroring));
}

const isMirroring = (key: string): boolean => key.startsWith('ha-');
/** Has no meaning for a quorum queue, nor for a classic one of 4.x. */
const isGone = (key: string): boolean =>
  isMirroring(key) || key === 'queue-mode' || key === 'queue-master-locator';

function migrateVhost(parts: VhostParts, building: Building): void {
  const policies = parts.of('policy');
  const mirroring = mirroringIn(parts);
  if (mirroring.length === 0) return;
  const before = policyIndex(policies);
  // Also queues that nobody has declared yet were mirrored by their names.
  const isByPattern = mirroring.some(({ pattern }) => literalNames(pattern) === undefined);
  for (const policy of [...policies, ...parts.of('operatorPolicy')]) migratePolicy(policy, building);
  const after = policyIndex(
    policies.flatMap((policy) => {
      const changed = building.changed.has(identityKey(policy))
        ? building.changed.get(identityKey(policy))
        : policy;
      return changed === undefined ? [] : [changed as PolicyObject];
    }),
  );
  let replicated = 0;
  for (const queue of parts.of('queue')) {
    const type = queueTypeOf(queue);
    const winner = before.forQueue(queue.name, type);
    const isMirrored = winner !== undefined && mirroring.some(({ name }) => name === winner.name);
    if (isMirrored && type === 'classic' && migrateQueue(queue, winner.definition, isByPattern, building)) {
      replicated += 1;
    } else if (isByPattern) keepClassic(queue, building);
    if (!isMirrored) continue;
    const next = after.forQueue(queue.name, type);
    if (next !== undefined && next.name !== winner.name) {
      const text = `the policy "${next.name}" counts for it now: "${winner.name}", which hid it, only mirrored`;
      tell(queue, text, building);
    }
  }
  if (isByPattern) changeDefaultType(parts, building);
  tellInTheWay(parts, building);
  if (replicated > 0) {
    const vhost = parts.name;
    building.recognised.push({
      vhost,
      text: `${counted(replicated, 'mirrored queue')} ${replicated === 1 ? 'becomes a quorum queue' : 'become quorum queues'}`,
    });
    building.inTheWay.push({
      vhost,
      text: 'clients that set a prefetch for a whole channel (global QoS) are refused on quorum queues (540): let them set it per consumer, and acknowledge what they get',
    });
  }
}

function migratePolicy(policy: PolicyObject, building: Building): void {
  const { definition } = policy;
  const gone = Object.keys(definition).filter(isGone);
  if (gone.length === 0) return;
  const rest = without(definition, gone);
  building.changed.set(
    identityKey(policy),
    Object.keys(rest).length === 0 ? undefined : { ...policy, definition: rest },
  );
  const mode = definition['ha-mode'];
  if (mode !== undefined && mode !== 'all') {
    building.inTheWay.push({
      vhost: policy.vhost,
      text: `policy "${policy.name}" mirrored on some nodes only (ha-mode ${String(mode)}, ha-params ${JSON.stringify(definition['ha-params'] ?? null)}): say \`initialClusterSize\` on its queues for another number of copies than one per node, up to five`,
    });
  }
  if ('queue-mode' in definition) {
    const text = `policy "${policy.name}" had queue-mode ${String(definition['queue-mode'])}: 4.x keeps messages on disk anyway, and the key is left out`;
    building.inTheWay.push({ vhost: policy.vhost, text });
  }
  if ('queue-master-locator' in definition) {
    const text = `policy "${policy.name}" had queue-master-locator: say \`leaderLocator\` instead`;
    building.inTheWay.push({ vhost: policy.vhost, text });
  }
}

/** Arguments that a quorum queue refuses and does without. */
const CLASSIC_ONLY = ['x-queue-mode', 'x-queue-version', 'x-queue-master-locator', 'x-max-priority'];

/** Whether it becomes a quorum queue. */
function migrateQueue(
  queue: QueueObject,
  policy: Arguments,
  isByDefault: boolean,
  building: Building,
): boolean {
  const obstacle = obstacleOf(queue, policy, building.target);
  if (obstacle !== undefined) {
    tell(queue, obstacle, building);
    return false;
  }
  const dropped = CLASSIC_ONLY.filter((key) => key in queue.arguments);
  const given = { ...without(queue.arguments, dropped), 'x-queue-type': 'quorum' };
  building.changed.set(identityKey(queue), { ...queue, arguments: given });
  if (dropped.length > 0) {
    const also = dropped.includes('x-max-priority')
      ? '; a quorum queue has the priorities 0 to 31 without it'
      : '';
    tell(queue, `its applications must no longer declare it with ${dropped.join(', ')}${also}`, building);
  }
  if (Object.keys(given).length > 1 && !isByDefault) {
    tell(
      queue,
      'its applications must declare it with x-queue-type: quorum beside their other arguments',
      building,
    );
  }
  return true;
}

/** Among quorum queues, a classic one says what it is. */
function keepClassic(queue: QueueObject, building: Building): void {
  if (queueTypeOf(queue) !== 'classic') return;
  const given = { ...queue.arguments, 'x-queue-type': 'classic' };
  building.changed.set(identityKey(queue), { ...queue, arguments: given });
  // RabbitMQ passes over a default type that can't hold such a queue.
  if (!queue.durable || queue.autoDelete) return;
  tell(queue, 'its applications must declare it with x-queue-type: classic', building);
}

/** Why it stays a classic queue without copies, and the way out. */
function obstacleOf(queue: QueueObject, policy: Arguments, target: Target): string | undefined {
  const stays = 'it stays a classic queue, without copies on 4.x';
  if (!queue.durable)
    return `${stays}: it is not durable. Let its application declare it durable, with \`expires\``;
  if (queue.autoDelete) {
    return `${stays}: it is deleted with its last consumer (autoDelete). Let its application declare it without, with \`expires\``;
  }
  const overflow = effectiveValue('overflow', {
    arguments: queue.arguments,
    policy,
    operatorPolicy: undefined,
  });
  if (overflow === 'reject-publish-dlx') {
    return `${stays}: its overflow is reject-publish-dlx, which quorum queues don't have. Use reject-publish, or drop-head with dead letters`;
  }
  const priorities = queue.arguments['x-max-priority'];
  if (priorities === undefined) return undefined;
  if (!isAtLeast(target, '4.3')) {
    return `${stays}: it has priorities, which quorum queues know from 4.3 on. Go to 4.3, or give each priority a queue`;
  }
  return Number(priorities) > QUORUM_PRIORITIES_MAX
    ? `${stays}: it has priorities over ${QUORUM_PRIORITIES_MAX}. Let its application use fewer`
    : undefined;
}

/** Queues that applications declare by themselves were mirrored by their names: the vhost's default type does it now. */
function changeDefaultType(parts: VhostParts, building: Building): void {
  const [vhost] = parts.of('vhost');
  if (vhost?.defaultQueueType === 'quorum') return;
  const object: ObjectOfKind<'vhost'> = {
    ...(vhost ?? { kind: 'vhost', name: parts.name }),
    defaultQueueType: 'quorum',
  };
  building.changed.set(identityKey(object), object);
  const text =
    'policies mirrored queues by the pattern of their names: durable queues that applications declare without a type become quorum queues (defaultQueueType)';
  building.notes.set(identityKey(object), [`${capitalised(text)}.`]);
  building.recognised.push({ vhost: parts.name, text });
}

function tell(queue: QueueObject, text: string, { notes }: Building): void {
  const key = identityKey(queue);
  notes.set(key, [...(notes.get(key) ?? []), `${capitalised(text)}.`]);
}

/** What takes messages from elsewhere would do so on the old cluster and on a new one beside it. */
function tellLinks(parts: VhostParts, { inTheWay }: Building): void {
  const namesOf = (component: string, key: string): string[] =>
    parts
      .of('parameter')
      .filter((parameter) => parameter.component === component && hasHost(parameter.value, key))
      .map(({ name }) => name);
  const links: readonly (readonly [string, readonly string[], string])[] = [
    ['shovel', namesOf('shovel', 'src-uri'), 'it takes messages that the old one waits for'],
    ['federation upstream', namesOf('federation-upstream', 'uri'), 'both get a copy of every message'],
  ];
  for (const [noun, names, what] of links) {
    if (names.length === 0) continue;
    const which = `${names.length === 1 ? noun : `${noun}s`} ${quoteList(names, NAMES_MAX)}`;
    const text = `${which}: on a new cluster it runs beside the old one's, and ${what}. Take it out of the topology until it is gone from the old one`;
    inTheWay.push({ vhost: parts.name, text });
  }
}

/** Whether a URI leads out of the broker itself. */
function hasHost(value: JsonValue, key: string): boolean {
  const found = isRecord(value) ? (value as Readonly<Record<string, JsonValue>>)[key] : undefined;
  const uris = Array.isArray(found) ? (found as readonly JsonValue[]) : [found];
  return uris.some((uri) => typeof uri === 'string' && /^[a-z0-9+.-]+:\/\/[^/?#]/i.test(uri));
}

/** What was told of queues, once for all of which it holds. */
function tellInTheWay(parts: VhostParts, { notes, inTheWay }: Building): void {
  const groups = new Map<string, string[]>();
  for (const queue of parts.of('queue')) {
    for (const text of notes.get(identityKey(queue)) ?? []) {
      groups.set(text, [...(groups.get(text) ?? []), queue.name]);
    }
  }
  for (const [text, names] of groups) {
    const which = names.length === 1 ? 'queue' : 'queues';
    inTheWay.push({ vhost: parts.name, text: `${which} ${quoteList(names, NAMES_MAX)}: ${text}` });
  }
}

const NAMES_MAX = 5;
