/** What a user of the topology may do in a vhost, as the broker will judge it. */
import type { Arguments, BrokerObject } from '../../objects';
import { patternMatches } from '../../patterns/languages';

type Verb = 'configure' | 'write' | 'read';

export interface Access {
  /** Whether the user has anything to do with a queue or exchange. */
  readonly uses: (name: string) => boolean;
  readonly mayDeclareExchange: (name: string, given: Arguments) => boolean;
  readonly mayDeclareQueue: (name: string, given: Arguments) => boolean;
  readonly mayBind: (source: string, destination: string, routingKey: string) => boolean;
}

/** Without a user everything is allowed: the view is then one of the topology itself. */
export function accessOf(objects: readonly BrokerObject[], vhost: string, user: string | undefined): Access {
  if (user === undefined) return EVERYTHING;
  const permissions = objects.find(
    (object) => object.kind === 'permissions' && object.vhost === vhost && object.user === user,
  );
  const may = (verb: Verb, name: string): boolean =>
    permissions?.kind === 'permissions' && patternMatches(permissions[verb], name);
  const topics = objects.flatMap((object) =>
    object.kind === 'topicPermissions' && object.vhost === vhost && object.user === user
      ? object.exchanges
      : [],
  );
  const mayReadTopic = (exchange: string, routingKey: string): boolean =>
    topics
      .filter((topic) => topic.exchange === exchange)
      .every(({ read }) => patternMatches(read, routingKey));
  /** Whoever declares an object that sends messages on must be allowed to do so. */
  const mayRedirect = (name: string, target: Arguments[string] | undefined): boolean =>
    typeof target !== 'string' || (may('read', name) && may('write', target === '' ? 'amq.default' : target));
  return {
    uses: (name) => may('configure', name) || may('write', name) || may('read', name),
    mayDeclareExchange: (name, given) =>
      may('configure', name) && mayRedirect(name, given['alternate-exchange']),
    mayDeclareQueue: (name, given) =>
      may('configure', name) && mayRedirect(name, given['x-dead-letter-exchange']),
    mayBind: (source, destination, routingKey) =>
      may('write', destination) && may('read', source) && mayReadTopic(source, routingKey),
  };
}

const EVERYTHING: Access = {
  uses: () => true,
  mayDeclareExchange: () => true,
  mayDeclareQueue: () => true,
  mayBind: () => true,
};
