/** Shovels, upstreams and other parameters. */
import type { JsonValue, ObjectOfKind } from '../objects';
import { canonicalJson } from '../objects';
import { uriReasons } from './linkUris';
import type { Reason } from './model';
import { reason } from './reasons';
import { inWords } from './values';

export function parameterReasons(
  before: ObjectOfKind<'parameter'> | undefined,
  after: ObjectOfKind<'parameter'> | undefined,
): Reason[] {
  const { component = '', name = '' } = after ?? before ?? {};
  const what = `${NOUNS.get(component) ?? `The parameter ${component}`} ${JSON.stringify(name)}`;
  return [
    ...changeOfParameter(component, what, before, after),
    ...(after === undefined ? [] : uriReasons(what, before?.value, after.value)),
  ];
}

const NOUNS: ReadonlyMap<string, string> = new Map([
  ['shovel', 'The shovel'],
  ['federation-upstream', 'The upstream'],
  ['federation-upstream-set', 'The set of upstreams'],
]);

function changeOfParameter(
  component: string,
  what: string,
  before: ObjectOfKind<'parameter'> | undefined,
  after: ObjectOfKind<'parameter'> | undefined,
): Reason[] {
  const loses =
    after !== undefined && isAcknowledgedTooEarly(after.value) && !isAcknowledgedTooEarly(before?.value);
  const early = loses
    ? [
        reason(
          'shovel-loses',
          `${what} takes messages as acknowledged before the other side has them: what is on the way when a link breaks is lost.`,
          'Say `ackMode: on-confirm`.',
        ),
      ]
    : [];
  if (component === 'shovel' && after !== undefined) early.push(...unroutedReasons(what, before, after));
  if (before !== undefined) {
    return [...early, ...movementReasons(component, what, before, after)];
  }
  if (component === 'federation-upstream' || component === 'federation-upstream-set') return early;
  const why =
    component === 'shovel'
      ? `${what} takes messages away from its source: who consumes them there gets fewer.`
      : `${what} is for a plugin: Warren doesn't know what it does.`;
  return [...early, reason('parameter-changed', why)];
}

/** What decides which messages a shovel takes from a queue, and where it brings them. */
const WAY_KEYS = ['src-uri', 'src-queue', 'dest-uri', 'dest-exchange', 'dest-exchange-key', 'dest-queue'];

/** A shovel doesn't ask whether its message came to a queue, whenever it acknowledges it. */
function unroutedReasons(
  what: string,
  before: ObjectOfKind<'parameter'> | undefined,
  { value }: ObjectOfKind<'parameter'>,
): Reason[] {
  const takes = valueAt(value, 'src-queue') !== undefined;
  const isSure = valueAt(value, 'dest-queue') !== undefined || valueAt(value, 'dest-address') !== undefined;
  const isSame =
    before !== undefined && WAY_KEYS.every((key) => isEqual(valueAt(before.value, key), valueAt(value, key)));
  if (!takes || isSure || isSame) return [];
  const exchange = valueAt(value, 'dest-exchange');
  const where =
    exchange === undefined
      ? 'the exchange to which it was published'
      : `the exchange ${JSON.stringify(exchange)}`;
  return [
    reason(
      'shovel-loses',
      `${what} brings the messages of a queue to ${where}: those that no binding takes there are lost.`,
      'Bring them to a queue; or see that bindings, or an alternate exchange, take each of them.',
    ),
  ];
}

function isEqual(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return canonicalJson(a ?? null) === canonicalJson(b ?? null);
}

function movementReasons(
  component: string,
  what: string,
  before: ObjectOfKind<'parameter'>,
  after: ObjectOfKind<'parameter'> | undefined,
): Reason[] {
  if (
    component === 'federation-upstream' &&
    (after === undefined || !isEqual(placesOf(before), placesOf(after)))
  ) {
    return [
      reason(
        'queue-deleted',
        `${what} ${after === undefined ? 'goes' : 'leads elsewhere'}: nothing comes from there any more, and its queue at the upstream is deleted with what waits there for the link.`,
        'Let the link take what waits first, and see that nobody needs what came over it.',
      ),
      ...(after === undefined ? [] : upstreamLimitReasons(what, before.value, after.value)),
    ];
  }
  if (after === undefined)
    return [reason('parameter-changed', `${what} goes: what it moved stays where it is until then.`)];
  if (component !== 'federation-upstream')
    return [
      reason('parameter-changed', `${what} is started anew: what it moved stays where it is until then.`),
    ];
  return [
    reason('parameter-changed', `${what} is started anew: nothing comes over it meanwhile.`),
    ...upstreamLimitReasons(what, before.value, after.value),
  ];
}

/** Hosts and vhosts, whatever the way there. */
function placesOf({ value }: ObjectOfKind<'parameter'>): JsonValue {
  const uri = valueAt(value, 'uri') ?? null;
  const uris = Array.isArray(uri) ? (uri as readonly JsonValue[]) : [uri];
  return uris.map((each) =>
    typeof each === 'string' ? each.replace(/^[^:]*:\/\/(?:[^/?@]*@)?|\?.*$/g, '') : each,
  );
}

/** The queue at the upstream, in which messages for a federated exchange wait for the link; none is the highest. */
function upstreamLimitReasons(what: string, before: JsonValue, after: JsonValue): Reason[] {
  return (['message-ttl', 'expires'] as const).flatMap((key): Reason[] => {
    const [old, now] = [valueAt(before, key), valueAt(after, key)];
    if (typeof now !== 'number' || (typeof old === 'number' && old <= now)) return [];
    const values = `${inWords(key, now)} (before: ${inWords(key, old)})`;
    const instead = 'See that the link is up and nothing waits at the upstream before the limit comes down.';
    return [
      key === 'message-ttl'
        ? reason(
            'limit-discards',
            `${what} lets messages wait for the link no longer than ${values}: older ones at the upstream are deleted.`,
            instead,
          )
        : reason(
            'queue-expires',
            `${what} has its queue at the upstream deleted, with the messages in it, once the link was down for ${values}.`,
            instead,
          ),
    ];
  });
}

function isAcknowledgedTooEarly(value: JsonValue | undefined): boolean {
  const mode = valueAt(value, 'ack-mode');
  return mode === 'no-ack' || mode === 'on-publish';
}

function valueAt(value: JsonValue | undefined, key: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return (value as Readonly<Record<string, JsonValue>>)[key];
}
