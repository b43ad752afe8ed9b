/** What an adoption came to, for people: what the state has now, and what the next `up` will do. */
import { quoteList } from '../topology/names';
import { KIND_WORDS, nameInVhost } from '../topology/objectNames';
import { CREATION_ORDER } from '../topology/objects';
import type { BrokerObject } from '../topology/objects';
import { printable } from '../topology/render/terminalText';
import type { ObjectsByKind } from '../topology/unmanaged';
import type { Adoption, Different, DifferentValue } from './adoption';

export interface AdoptionContext {
  readonly stack: string;
  readonly endpoint: string;
  /** Of the broker, and not of the topology. */
  readonly strangers: ObjectsByKind;
  /** Everybody on the broker. */
  readonly usernames: ReadonlySet<string>;
  /** The stack's own: made by the next `up`, there already, or somebody else's by that name. */
  readonly admin: { readonly name: string; readonly is: 'missing' | 'there' | 'foreign' };
  /** Users that the next `up` deletes. */
  readonly absentUsers: readonly string[];
  /** By their name in the topology: those that they have on the broker. */
  readonly brokerNames: ReadonlyMap<string, readonly string[]>;
}

const SHOWN_MAX = 20;
const VALUE_LENGTH_MAX = 80;

export function renderAdoption(adoption: Adoption, context: AdoptionContext): string {
  const { stack, endpoint, strangers } = context;
  const { adopted, missing } = adoption;
  const inPlace = adoption.different.filter(({ isRecreated }) => !isRecreated);
  const recreated = adoption.different.filter(({ isRecreated }) => isRecreated);
  const isNothing = adopted.length === 0;
  // Those are told by themselves.
  const isTold = (object: BrokerObject): boolean =>
    object.kind !== 'user' || !context.brokerNames.has(object.name);
  return [
    isNothing
      ? `Nothing of the topology is on ${endpoint}: nothing was adopted into the state of stack ${stack}, and nothing was written to the broker.`
      : `Adopted into the state of stack ${stack}, as it is on ${endpoint}; nothing was written to the broker:`,
    ...(isNothing ? [] : [`  ${counts(adopted)}`]),
    ...differences('On the broker it is another one; the next `up` changes it in place:', inPlace),
    ...differences(
      "On the broker it is another one, in what can't be changed in place; the next `up` recreates it, and keeps its messages and bindings or refuses:",
      recreated,
    ),
    ...lists('Not on the broker; the next `up` creates it:', missing),
    ...section('Besides, the next `up`', besides(adoption, context)),
    ...lists(
      'Not in the topology, and left alone now and by an `up`:',
      [...strangers.values()].flat().filter(isTold),
    ),
    '',
    `Next: npx warren preview --stack ${stack}`,
    '',
  ]
    .map(printable)
    .join('\n');
}

function counts(objects: readonly BrokerObject[]): string {
  return grouped(objects)
    .map(({ kind, all }) => `${KIND_WORDS[kind].many} ${all.length.toLocaleString('en')}`)
    .join(', ');
}

function differences(title: string, all: readonly Different[]): readonly string[] {
  const lines = all
    .slice(0, SHOWN_MAX)
    .flatMap(({ object, values }) => [
      `${KIND_WORDS[object.kind].one} '${nameInVhost(object)}'`,
      ...values.map((value) => `  ${inWords(object, value)}`),
    ]);
  const more = all.length - SHOWN_MAX;
  return section(title, more > 0 ? [...lines, `… and ${more.toLocaleString('en')} more`] : lines);
}

function inWords(object: BrokerObject, { name, onBroker, inTopology, isSecret }: DifferentValue): string {
  if (object.kind === 'user' && name === 'password') {
    return "password: another one than the stack's; until the `up`, clients log in with the one that they have";
  }
  if (isSecret) return `${name}: another one than the stack's (a secret)`;
  const [there, wanted] = [onBroker, inTopology].map((value) =>
    value !== undefined && value.length > VALUE_LENGTH_MAX ? `${value.slice(0, VALUE_LENGTH_MAX)}…` : value,
  );
  if (wanted === undefined) return `${name}: ${there} on the broker, not in the topology`;
  return there === undefined
    ? `${name}: not on the broker, ${wanted} in the topology`
    : `${name}: ${there} on the broker, ${wanted} in the topology`;
}

function lists(title: string, objects: readonly BrokerObject[]): readonly string[] {
  const lines = grouped(objects).map(
    ({ kind, all }) =>
      `${KIND_WORDS[kind].many} (${all.length.toLocaleString('en')}): ${quoteList(all.map(nameInVhost), SHOWN_MAX)}`,
  );
  return section(title, lines);
}

function grouped(objects: readonly BrokerObject[]): readonly {
  readonly kind: BrokerObject['kind'];
  readonly all: readonly BrokerObject[];
}[] {
  return CREATION_ORDER.map((kind) => ({
    kind,
    all: objects.filter((object) => object.kind === kind),
  })).filter(({ all }) => all.length > 0);
}

/** What no comparison of objects shows. */
function besides(adoption: Adoption, context: AdoptionContext): readonly string[] {
  const { usernames } = context;
  const going = context.absentUsers.filter((name) => usernames.has(name));
  return [
    administrator(context),
    going.length === 0
      ? []
      : `deletes the users that must not be there: ${quoteList(going)}. Whoever logs in as one of them is refused from then on. The stack's setting absentUsers names them: [] is nobody.`,
    newLogins(context),
    otherPasswords(adoption, context),
    competingPolicies(context),
  ].flat();
}

function administrator({ stack, admin: { name, is } }: AdoptionContext): readonly string[] {
  switch (is) {
    case 'there':
      return [];
    case 'missing':
      return [`creates the administrator ${name}, as whom the stack logs in from then on.`];
    case 'foreign':
      return [
        `is refused: ${name} is there with another password, most likely as the administrator of another stack. Give this stack's another name before: pulumi config set adminUser NAME --stack ${stack}`,
      ];
  }
}

/** The user of a topology goes on under another name, with its generation. */
function newLogins({ stack, usernames, brokerNames }: AdoptionContext): readonly string[] {
  const pairs = [...brokerNames].flatMap(([user, names]) =>
    usernames.has(user) ? names.filter((name) => !usernames.has(name)).map((name) => ({ user, name })) : [],
  );
  if (pairs.length === 0) return [];
  const [made, kept] = (['name', 'user'] as const).map((key) =>
    quoteList([...new Set(pairs.map((pair) => pair[key]))], SHOWN_MAX),
  );
  return [
    `makes users with names and passwords of the stack's own: ${made}. Those that clients use now stay as they are, with their passwords, until you delete them: ${kept}. The new passwords, after the \`up\`: npx warren output --stack ${stack} --show-secrets`,
  ];
}

function otherPasswords({ different }: Adoption, { stack }: AdoptionContext): readonly string[] {
  const isOther = ({ object, values }: Different): boolean =>
    object.kind === 'user' && values.some(({ name }) => name === 'password');
  const names = different.filter(isOther).map(({ object }) => nameInVhost(object));
  if (names.length === 0) return [];
  return [
    `sets the stack's passwords for ${quoteList(names, SHOWN_MAX)}: clients that log in so need them from then on. To keep one, give it to the stack before: pulumi config set --secret --path 'passwords["USER"]' --stack ${stack} (USER as in the topology).`,
  ];
}

function competingPolicies({ strangers }: AdoptionContext): readonly string[] {
  const policies = (['policy', 'operatorPolicy'] as const).flatMap((kind) => strangers.get(kind) ?? []);
  if (policies.length === 0) return [];
  return [
    `leaves policies that may compete with those of the topology: ${quoteList(policies.map(nameInVhost), SHOWN_MAX)}. RabbitMQ applies one to a queue, that of the highest priority. Delete what is no longer needed after the \`up\`.`,
  ];
}

/** Nothing where there is nothing. */
function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}
