/** No login goes while clients use it: where in an operation that is looked at. */
import type * as pulumi from '@pulumi/pulumi';
import { CredentialDrain } from '../provider/warren/stepResources';
import type { BrokerObject } from '../topology/objects';
import { generationsOf } from './brokerLogin';
import { brokerUsername } from './credentials';
import type { Settings } from './settings';

/** Made once, by exactly one of its two methods: the other one has nothing to do with that granularity. */
export class Drain {
  constructor(
    private readonly settings: Settings,
    private readonly objects: readonly BrokerObject[],
    private readonly provider: pulumi.ProviderResource,
  ) {}

  /** A vhost's table takes permissions away in its own update, in the middle of an operation. */
  beforeTopology(): pulumi.Resource[] {
    return this.settings.granularity === 'vhost' ? [this.make([])] : [];
  }

  /** Everything else that goes does so at the end of the operation, when `holders` have the newer logins. */
  after(holders: readonly pulumi.Resource[]): void {
    if (this.settings.granularity === 'object') this.make(holders);
  }

  private make(dependsOn: readonly pulumi.Resource[]): pulumi.Resource {
    const { settings, objects, provider } = this;
    const named = objects.flatMap((object) => (object.kind === 'user' ? [object.name] : []));
    const users = Object.fromEntries(
      [settings.adminUser, ...named].map((user) => [
        user,
        generationsOf(settings, user).map((generation) => brokerUsername(user, generation)),
      ]),
    );
    const args = { users, timeoutSeconds: settings.drainSeconds };
    return new CredentialDrain('credentials', args, { provider, dependsOn: [...dependsOn] });
  }
}
