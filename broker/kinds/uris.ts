/** Passwords in the URIs that parameters hold never stand in what is said about them. */
import type { JsonValue } from '../../topology/objects';
import { holdsPassword, passwordsIn, withoutLogins, withoutValues } from '../../topology/secrets';
import { BrokerError } from '../api/errors';

/** A text of the broker's about the value, without the passwords in it. */
export function withoutPasswords(text: string, value: JsonValue): string {
  // What the broker says about a URI that it can't read holds pieces of it.
  if (text.includes('not a valid URI')) {
    return 'a URI in it is not valid. Check scheme, host and port, and that reserved characters in user name and password are percent-encoded';
  }
  return withoutLogins(withoutValues(text, passwordsIn(value)));
}

/** A refusal quotes what it refuses: the same error, without the passwords in the value. */
export function hidingPasswords(error: BrokerError, value: JsonValue): BrokerError {
  const { kind, status, reason, code, message } = error;
  if (reason === undefined || !holdsPassword(value)) return error;
  const safe = withoutPasswords(reason, value);
  return new BrokerError({
    kind,
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
    reason: safe,
    message: message.replace(reason, () => safe),
  });
}
