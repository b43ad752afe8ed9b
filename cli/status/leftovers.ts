/** What interrupted commands have left on a broker, with the way out. */
import { liftedQueueOf } from '../../broker/guards/deliveryLimit';
import { leftoversIn } from '../../broker/replacement/leftovers';
import type { Snapshot } from '../../broker/snapshot';
import { printable } from '../humanText';
import { dlqCommand, type AskedBroker } from './dlqCommand';
import type { Leftover } from './facts';

export function leftoversOf(snapshot: Snapshot, asked: AskedBroker): readonly Leftover[] {
  const { stack } = asked;
  const more = stack === undefined ? '' : `; npx warren refresh --stack ${stack} tells more`;
  return [
    ...leftoversIn(snapshot).map(({ kind, vhost, name }) => ({
      what: `what was set aside for the ${kind} ${printable(name)} in vhost ${printable(vhost)} is still there, and the ${kind} isn't`,
      wayOut: `an up with it in the topology brings it back${more}`,
    })),
    ...snapshot.objects().flatMap((object) => {
      const name = object.kind === 'policy' ? liftedQueueOf(object) : undefined;
      if (object.kind !== 'policy' || name === undefined) return [];
      const { vhost } = object;
      return [
        {
          what: `the delivery limit of queue ${printable(name)} in vhost ${printable(vhost)} is lifted by a policy of a warren dlq that runs, or was killed`,
          wayOut: `once none runs: ${dlqCommand({ vhost, name }, asked)} takes it away`,
        },
      ];
    }),
  ];
}
