/**
 * `warren.Definitions`: a new cluster begins with the definitions of another one. By the API and once: RabbitMQ's own
 * `load_definitions` comes back to them at later starts of its nodes, over all that was changed or deleted since, and
 * makes no first user.
 */
import type { StepType } from '../../stepType';
import { importDefinitions } from '../../../broker/kinds/definitions';
import * as users from '../../../broker/kinds/users';

interface Definitions {
  readonly cluster: string;
  /** Where they are from, for messages. */
  readonly file: string;
  /** JSON; secret. */
  readonly content: string;
  /** Who may be on a new cluster: its first user, and those of the definitions. */
  readonly users: readonly string[];
  /** Users that the definitions had, and that the stack makes itself, or takes away. */
  readonly leftOut: readonly string[];
}

export const definitionsStep: StepType<Definitions> = {
  token: 'warren:index:Definitions',
  parse: (inputs) => ({
    cluster: inputs.text('cluster'),
    file: inputs.text('file'),
    content: inputs.text('content'),
    users: (inputs.list('users') ?? []).map(String),
    leftOut: (inputs.list('leftOut') ?? []).map(String),
  }),
  pass: async ({ session, warn, status }, definitions, before) => {
    const { cluster, file, content, users: expected, leftOut } = definitions;
    if (before !== undefined) {
      await warn(
        `The definitions ${file} are not loaded again: they are what ${cluster} began with. What is to change belongs into the topology.`,
      );
      return;
    }
    const broker = await session.broker();
    const others = (await users.list(broker))
      .map(({ name }) => name)
      .filter((name) => !expected.includes(name));
    const [other] = others;
    if (other !== undefined) {
      await warn(
        `The definitions ${file} are not loaded: ${cluster} isn't new, it has the user "${other}". By hand: docker exec ${cluster}-rabbitmq-1 rabbitmqctl import_definitions FILE`,
      );
      return;
    }
    status(`loading ${file}`);
    await importDefinitions(broker, JSON.parse(content));
    if (leftOut.length > 0) await warn(`${file} is loaded without its users ${leftOut.join(', ')}.`);
  },
};
