/** A program with each kind of resource in each of the forms that a program can give it, for tests of whole stacks. */

export interface EveryKindValues {
  readonly endpoint: string;
  readonly login: { readonly username: string; readonly password: string };
  /** Names on the broker: two vhosts and two users that nobody else has. */
  readonly shop: string;
  readonly plain: string;
  readonly app: string;
  readonly nobody: string;
  /** Added to every logical name. */
  readonly suffix?: string;
  /** Some names are left to the provider, which makes them from the logical ones. */
  readonly isAutonamed?: boolean;
  /** Also the kinds that only the package `warren` has. */
  readonly hasWarren?: boolean;
}

/** Its values are JSON in the environment variable TEST_PROGRAM. */
export const EVERY_KIND = `
const pulumi = require('@pulumi/pulumi');
const rabbitmq = require('@pulumi/rabbitmq');
const { endpoint, login, shop, plain, app, nobody, suffix = '', isAutonamed = false, hasWarren = false } = JSON.parse(process.env.TEST_PROGRAM);
const access = { endpoint, username: login.username, password: pulumi.secret(login.password) };
const provider = new rabbitmq.Provider('broker', access);
const on = (...dependsOn) => ({ provider, dependsOn });
const named = (name) => (isAutonamed ? {} : { name });
const made = {};
const make = (kind, name, args, ...dependsOn) => (made[name] = new rabbitmq[kind](name + suffix, args, on(...dependsOn)));

make('VHost', 'shop', { name: shop });
make('VHost', 'plain', { name: plain });
make('User', 'app', { name: app, password: 'password-of-app', tags: ['monitoring', 'management'] });
make('User', 'nobody', { name: nobody, password: 'password-of-nobody' });
make('Permissions', 'texts', { user: app, vhost: shop, permissions: { configure: '', write: '^x', read: '.*' } }, made.shop, made.app);
make('Permissions', 'references', { user: made.app.name, vhost: made.plain.name, permissions: { configure: '.*', write: '.*', read: '.*' } });

make('Exchange', 'events', { name: 'events', vhost: shop, settings: { type: 'topic', durable: true } }, made.shop);
make('Exchange', 'bare', { name: 'bare', vhost: shop, settings: { type: 'fanout' } }, made.shop);
make('Exchange', 'arguments', { name: 'arguments', vhost: shop, settings: { type: 'direct', durable: true, autoDelete: false, arguments: { 'alternate-exchange': 'bare' } } }, made.shop);
make('TopicPermissions', 'topics', { user: app, vhost: shop, permissions: [{ exchange: 'events', write: '^a', read: '.*' }, { exchange: 'amq.topic', write: '', read: '' }] }, made.app, made.events);

make('Queue', 'json', { name: 'json', vhost: shop, settings: { durable: true, argumentsJson: JSON.stringify({ 'x-queue-type': 'quorum', 'x-delivery-limit': 7 }) } }, made.shop);
make('Queue', 'untyped', { name: 'untyped', vhost: plain, settings: { durable: true } }, made.plain);
make('Queue', 'table', { name: 'table', vhost: plain, settings: { durable: true, autoDelete: false, arguments: { 'x-overflow': 'reject-publish', 'x-dead-letter-exchange': '' } } }, made.plain);
make('Queue', 'automatic', { ...named('automatic'), vhost: plain, settings: { durable: true, argumentsJson: '{"x-queue-type":"classic","x-max-length":5}' } }, made.plain);

const toJson = { vhost: shop, destination: 'json', destinationType: 'queue' };
make('Binding', 'key', { ...toJson, source: 'events', routingKey: 'order.#' }, made.events, made.json);
make('Binding', 'headersJson', { ...toJson, source: 'amq.headers', argumentsJson: '{"x-match":"all","size":3}' }, made.json);
make('Binding', 'headers', { ...toJson, source: 'amq.headers', routingKey: 'k', arguments: { 'x-match': 'any', kind: 'text' } }, made.json);
make('Binding', 'exchanges', { vhost: shop, source: 'events', destination: 'bare', destinationType: 'exchange', routingKey: 'x' }, made.events, made.bare);

make('Policy', 'numbers', { name: 'numbers', vhost: shop, policy: { pattern: '^json$', applyTo: 'queues', priority: 3, definition: { 'max-length': 10, overflow: 'reject-publish' } } }, made.shop);
make('Policy', 'digits', { ...named('digits'), vhost: plain, policy: { pattern: '^table$', applyTo: 'all', priority: 0, definition: { 'message-ttl': '60000', 'dead-letter-exchange': '' } } }, made.plain);
make('OperatorPolicy', 'ceiling', { name: 'ceiling', vhost: plain, policy: { pattern: '.*', applyTo: 'queues', priority: 1, definition: { 'max-length': '1000' } } }, made.plain);

// Nobody listens there: links stay what they are.
const away = 'amqp://127.0.0.1:1';
make('FederationUpstream', 'partner', { name: 'partner', vhost: plain, definition: { uri: 'amqp://a:password-of-partner@127.0.0.1:1/%2f', prefetchCount: 20, maxHops: 2, expires: 3600000 } }, made.plain);
make('FederationUpstream', 'bareUpstream', { name: 'bare', vhost: plain, definition: { uri: away } }, made.plain);
make('Shovel', 'bareShovel', { name: 'bare', vhost: plain, info: { sourceUri: away, sourceQueue: 'a', destinationUri: away, destinationQueue: 'b' } }, made.plain);
make('Shovel', 'fullShovel', { name: 'full', vhost: plain, info: { sourceUri: away, sourceQueue: 'a', sourcePrefetchCount: 5, sourceDeleteAfter: 'never', destinationUri: away, destinationExchange: 'amq.topic', destinationExchangeKey: 'k', ackMode: 'on-publish', reconnectDelay: 9, destinationAddTimestampHeader: true } }, made.plain);

if (hasWarren) {
  class Provider extends pulumi.ProviderResource {}
  const warren = new Provider('warren', 'own', access);
  const own = (type, name, args) =>
    new pulumi.CustomResource('warren:index:' + type, name + suffix, args, { provider: warren, dependsOn: Object.values(made) });
  own('VhostLimits', 'vhostLimits', { vhost: shop, maxConnections: 50, maxQueues: 40 });
  own('UserLimits', 'userLimits', { user: app, maxConnections: 5 });
  own('VhostSettings', 'settings', { vhost: shop, description: 'a shop', tags: ['eu'] });
  own('Parameter', 'set', { vhost: plain, component: 'federation-upstream-set', name: 'set', valueJson: '[{"upstream":"partner"}]' });
  own('GlobalParameter', 'global', { name: app, valueJson: '{"a":[1]}' });
  own('AbsentUser', 'absent', { username: app + '-absent' });
  own('Admin', 'admin', { username: nobody + '-admin', password: 'password-of-admin' });
}
`;
