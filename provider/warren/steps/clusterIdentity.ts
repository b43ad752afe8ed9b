/**
 * `warren.ClusterIdentity`: what a cluster is made under, for as long as it lives. Its name is that of its volumes, and
 * its cookie and all passwords follow from the seed: under another one Pulumi would replace all of them, empty.
 */
import type { StepType } from '../../stepType';

interface ClusterIdentity {
  readonly cluster: string;
  /** Another one for another seed. */
  readonly owner: string;
}

export const clusterIdentityStep: StepType<ClusterIdentity> = {
  token: 'warren:index:ClusterIdentity',
  parse: (inputs, before) => {
    const identity = { cluster: inputs.text('cluster'), owner: inputs.text('owner') };
    if (before === undefined || inputs.failures.length > 0) return identity;
    if (before.cluster !== identity.cluster) {
      inputs.fail(
        'cluster',
        `the cluster ${String(before.cluster)} is named after its project and its stack. As ${identity.cluster} it would be made anew, and its volumes be deleted with all messages. Give the stack its name back (pulumi stack rename), and move to a cluster of another name by a stack of its own`,
      );
    } else if (before.owner !== identity.owner) {
      inputs.fail(
        'owner',
        `the stack's seed isn't the one that the cluster ${identity.cluster} was made with: nobody could log in with the passwords that follow from it. Put the old seed back. Passwords change by \`generations\`; for a new cluster with a new seed, destroy this one first`,
      );
    }
    return identity;
  },
  pass: () => Promise.resolve(),
};
