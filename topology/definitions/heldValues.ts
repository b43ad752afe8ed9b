/** What Warren's objects can hold of arguments and parameters: no table in an argument, no secret anywhere. */
import { isRecord } from '../build/values';
import type { Data } from '../build/values';
import type { Arguments, ArgumentValue, JsonValue } from '../objects';
import { holdsPassword, isLiteralSecret, isSecretName, secretIn, withoutLogins } from '../secrets';
import { isUri, userOfUri, withoutLogin } from '../uriLogins';

interface Unheld {
  readonly name: string;
  readonly why: string;
}

export function secretlessArguments(table: Data): {
  readonly held: Arguments;
  readonly unheld: readonly Unheld[];
} {
  const unheld: Unheld[] = [];
  const held: [string, ArgumentValue][] = [];
  for (const [name, value] of Object.entries(table)) {
    const why = whyNoArgument(value);
    if (why === undefined) held.push([name, value as ArgumentValue]);
    else unheld.push({ name, why });
  }
  return { held: Object.fromEntries(held), unheld };
}

function whyNoArgument(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.map(whyNoArgument).find((why) => why !== undefined);
  if (value === null || value === undefined) return 'its value is nothing';
  if (typeof value === 'object') return 'its value is a table';
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    return 'its number is over 9007199254740991, and would not be kept exactly';
  if (typeof value === 'string' && secretIn(value) !== undefined) return 'its value holds a password';
  return undefined;
}

/** Components whose URIs get their logins from the stack, and the keys that hold these URIs. */
const URI_KEYS: Readonly<Record<string, readonly string[]>> = {
  shovel: ['src-uri', 'dest-uri'],
  'federation-upstream': ['uri'],
};

export interface HeldParameter {
  readonly value: JsonValue;
  readonly logins?: Readonly<Record<string, string>>;
  /** What was taken out and can't be said in `logins`, in words. */
  readonly lost: readonly string[];
}

/** A parameter's value as it may stand in a file: who logs in is told apart, without the password. */
export function heldParameter(component: string, value: JsonValue): HeldParameter {
  const logins: Record<string, string> = {};
  const lost: string[] = [];
  const keys = (Object.hasOwn(URI_KEYS, component) ? URI_KEYS[component] : undefined) ?? [];
  if (!isRecord(value)) return withoutSecrets(value);
  const entries = Object.entries(value as Readonly<Record<string, JsonValue>>).map(([key, item]) => {
    if (!keys.includes(key)) return [key, item] as const;
    const { uris, user, fault } = withoutLoginsAt(key, item);
    if (user !== undefined) logins[key] = user;
    if (fault !== undefined) lost.push(fault);
    return [key, uris] as const;
  });
  const rest = withoutSecrets(Object.fromEntries(entries));
  return {
    value: rest.value,
    ...(Object.keys(logins).length === 0 ? {} : { logins }),
    lost: [...lost, ...rest.lost],
  };
}

function withoutLoginsAt(
  key: string,
  value: JsonValue,
): { readonly uris: JsonValue; readonly user?: string; readonly fault?: string } {
  const list = (Array.isArray(value) ? value : [value]) as readonly JsonValue[];
  if (!list.every((uri): uri is string => typeof uri === 'string' && isUri(uri))) return { uris: value };
  const bare = list.map(withoutLogin);
  const uris = Array.isArray(value) ? bare : (bare[0] ?? '');
  if (bare.every((uri, index) => uri === list[index])) return { uris };
  const users = [...new Set(list.map(userOfUri))];
  const [user] = users;
  if (users.length === 1 && user !== undefined) return { uris, user };
  return { uris, fault: `who logs in at "${key}" (several users)` };
}

/** Without the passwords that stand in it in any other way. */
export function withoutSecrets(value: JsonValue): {
  readonly value: JsonValue;
  readonly lost: readonly string[];
} {
  const lost: string[] = [];
  const strip = (item: JsonValue, name: string): JsonValue => {
    if (typeof item === 'string') {
      if (!holdsPassword(item) && secretIn(item) === undefined) return item;
      lost.push(name === '' ? 'a password' : `the password in "${name}"`);
      return isUri(item) ? withoutLogins(withoutLogin(item)) : withoutLogins(item);
    }
    if (Array.isArray(item)) return (item as readonly JsonValue[]).map((each) => strip(each, name));
    if (!isRecord(item)) return item;
    const kept = Object.entries(item as Readonly<Record<string, JsonValue>>).flatMap(([key, each]) => {
      const isSecret = typeof each === 'string' && isSecretName(key) && isLiteralSecret(each);
      if (isSecret) lost.push(`the secret "${key}"`);
      return isSecret ? [] : [[key, strip(each, key)] as const];
    });
    return Object.fromEntries(kept);
  };
  return { value: strip(value, ''), lost };
}
