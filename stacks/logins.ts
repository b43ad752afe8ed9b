/** As whom upstreams and shovels log in: a user of the topology, or a login of the stack's for another broker. */
import type * as pulumi from '@pulumi/pulumi';
import type { BrokerObject, ParameterObject } from '../topology/objects';
import { nearest } from '../topology/names';
import { refusal } from './refusal';
import type { Login, Settings } from './settings';
import type { LoginOutputs } from './topologyResources';

/**
 * Looks names up. A name that nobody knows, and a login of the stack's that nobody uses, end the program before
 * anything is made with it.
 */
export function loginsOf(
  settings: Settings,
  objects: readonly BrokerObject[],
  newestCredential: (user: string) => LoginOutputs,
): (name: string) => LoginOutputs {
  const users = new Set(objects.flatMap((object) => (object.kind === 'user' ? [object.name] : [])));
  const wanted = objects.flatMap((object) =>
    object.kind === 'parameter'
      ? Object.values(object.logins ?? {})
          .filter((name) => !users.has(name))
          .map((name) => ({ name, object }))
      : [],
  );
  const logins = settings.logins.apply((given) => {
    refuseUnknown(settings, wanted, given, [...users]);
    refuseUnused(settings, wanted, given);
    return given;
  });
  const configured = (name: string): LoginOutputs => ({
    username: part(logins, name, 'username'),
    password: part(logins, name, 'password'),
  });
  return (name) => (users.has(name) ? newestCredential(name) : configured(name));
}

interface Wanted {
  readonly name: string;
  readonly object: ParameterObject;
}

type Logins = Readonly<Record<string, Login>>;

function part(logins: pulumi.Output<Logins>, name: string, key: keyof Login): pulumi.Output<string> {
  return logins.apply((given) => given[name]?.[key] ?? '');
}

function refuseUnknown(
  { stack }: Settings,
  wanted: readonly Wanted[],
  given: Logins,
  users: readonly string[],
): void {
  const unknown = wanted.find(({ name }) => !(name in given));
  if (unknown === undefined) return;
  const { name, object } = unknown;
  const meant = nearest(name, [...Object.keys(given), ...users]);
  const set = (flag: string, key: keyof Login): string =>
    `pulumi config set ${flag}--path 'logins["${name}"].${key}' ${key.toUpperCase()} --stack ${stack}`;
  throw refusal(
    `The ${object.component} "${object.name}" in vhost "${object.vhost}" logs in as "${name}", which is neither a user of the topology nor one of the stack's logins.` +
      `${meant === undefined ? '' : ` Did you mean "${meant}"?`} Set it with: ${set('', 'username')}   and: ${set('--secret ', 'password')}`,
  );
}

/** Most likely another name is meant, or the topology knows it as a user by now. */
function refuseUnused({ stack }: Settings, wanted: readonly Wanted[], given: Logins): void {
  const unused = Object.keys(given).find((name) => !wanted.some((use) => use.name === name));
  if (unused === undefined) return;
  throw refusal(
    `logins has the name "${unused}", as which no upstream and no shovel of the topology logs in (users of the topology log in with their own passwords). Take it out with: pulumi config rm --path 'logins["${unused}"]' --stack ${stack}`,
  );
}
