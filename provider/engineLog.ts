/** Messages to the user, shown by Pulumi beside the resource they are about. */
import * as grpc from '@grpc/grpc-js';
import { EngineClient } from '@pulumi/pulumi/proto/engine_grpc_pb';
import { LogRequest, LogSeverity } from '@pulumi/pulumi/proto/engine_pb';

/** A `status` is shown while it lasts; the others stay. An empty URN is the stack. */
export type EngineLog = (
  severity: 'debug' | 'status' | 'warning',
  message: string,
  urn: string,
) => Promise<void>;

const SEVERITIES = { debug: LogSeverity.DEBUG, status: LogSeverity.INFO, warning: LogSeverity.WARNING };

const LOG_TIMEOUT_MS = 1_000;

/** Connects with the first message: most operations have nothing to say. Never fails the operation it is about. */
export function openEngineLog(engineAddress: string | undefined): EngineLog {
  if (engineAddress === undefined) return () => Promise.resolve();
  let client: EngineClient | undefined;
  return (severity, message, urn) =>
    new Promise((resolve) => {
      client ??= new EngineClient(engineAddress, grpc.credentials.createInsecure());
      const request = new LogRequest();
      request.setSeverity(SEVERITIES[severity]);
      request.setMessage(message);
      request.setUrn(urn);
      request.setEphemeral(severity === 'status');
      client.log(request, new grpc.Metadata(), { deadline: Date.now() + LOG_TIMEOUT_MS }, () => {
        resolve();
      });
    });
}
