/** Definitions of custom resources: objects of them can be made. */
import { READY, failed, waitingFor, type Await } from './look';
import { conditionsOf } from './waitFor';

export const definition: Await = (_looker, live) => {
  const conditions = conditionsOf(live);
  if (conditions.some(({ type, status }) => type === 'Established' && status === 'True')) return READY;
  const refused = conditions.find(({ type, status }) => type === 'NamesAccepted' && status === 'False');
  if (refused !== undefined) return failed(`its names are not accepted: ${refused.message ?? ''}`);
  return waitingFor('it is not established yet');
};
