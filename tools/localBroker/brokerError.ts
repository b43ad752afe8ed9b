/** A message that a user can act on; never shown with a stack. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
}
