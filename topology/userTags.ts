/** What the tags of users mean to RabbitMQ. Others are allowed, and mean something to whoever reads them. */

/** No table: a tag may be called __proto__. */
export const USER_TAGS: ReadonlyMap<string, string> = new Map([
  ['administrator', 'may do everything on the broker, in every vhost'],
  ['monitoring', 'sees all connections and figures of the broker'],
  ['policymaker', 'may set policies and parameters in its vhosts'],
  ['management', 'may use the management API'],
  ['impersonator', 'may publish in the name of others'],
]);
