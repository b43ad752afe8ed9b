/**
 * A create or an update that did some of its work: the engine keeps what is done as the resource's state, shows the
 * reasons, and tries again with the next `up`.
 */
import type { Properties } from './values';
import * as grpc from '@grpc/grpc-js';
import { ErrorResourceInitFailed } from '@pulumi/pulumi/proto/provider_pb';
import { Status } from '@pulumi/pulumi/proto/status_pb';
import { Any } from 'google-protobuf/google/protobuf/any_pb';
import { encode } from './values';

/** Thrown by a resource type. */
export class Incomplete<T extends object> extends Error {
  constructor(
    readonly id: string,
    /** What there is of the wanted object. */
    readonly object: T,
    readonly reasons: readonly string[],
  ) {
    super(reasons.join('\n'));
  }
}

/** The same with properties instead of the type's own object. */
export class PartialResult extends Error {
  constructor(
    readonly result: { readonly id: string; readonly state: Properties },
    readonly reasons: readonly string[],
  ) {
    super(reasons.join('\n'));
  }
}

/** The place where the engine looks for what is done. */
export function partialMetadata({ result, reasons, message }: PartialResult): grpc.Metadata {
  const failure = new ErrorResourceInitFailed();
  failure.setId(result.id);
  failure.setProperties(encode(result.state.values, result.state.secrets));
  failure.setReasonsList([...reasons]);
  const detail = new Any();
  detail.pack(failure.serializeBinary(), 'pulumirpc.ErrorResourceInitFailed');
  const status = new Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(message);
  status.addDetails(detail);
  const metadata = new grpc.Metadata();
  metadata.add('grpc-status-details-bin', Buffer.from(status.serializeBinary()));
  return metadata;
}
