/** The scaler's user on the broker: it sees figures, and no message. */
import type * as pulumi from '@pulumi/pulumi';
import * as rabbitmq from '@pulumi/rabbitmq';
import { logicalName } from './logicalNames';

/** Without its generation. */
export const SCALER_USER = 'warren-scaler';
const NOTHING = '^$';

/** The user with the tag `monitoring`, and its way into the vhosts, where it may do nothing. */
export function monitorOf(
  { username, password }: { readonly username: string; readonly password: pulumi.Output<string> },
  vhosts: readonly string[],
  provider: pulumi.ProviderResource,
  topology: pulumi.Resource,
  deletedWith: pulumi.Resource | undefined,
): pulumi.Resource[] {
  const options = { provider, ...(deletedWith === undefined ? {} : { deletedWith }) };
  const user = new rabbitmq.User(
    logicalName({ kind: 'user', name: username, tags: [] }),
    { name: username, password, tags: ['monitoring'] },
    options,
  );
  const permissions = vhosts.map(
    (vhost) =>
      new rabbitmq.Permissions(
        logicalName({ kind: 'permissions', vhost, user: username, configure: '', write: '', read: '' }),
        { user: username, vhost, permissions: { configure: NOTHING, write: NOTHING, read: NOTHING } },
        { ...options, dependsOn: [user, topology] },
      ),
  );
  return [user, ...permissions];
}
