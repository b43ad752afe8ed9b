/**
 * A Pulumi plugin process: serves one package over gRPC on a free port of this machine, says which one on its
 * standard output, and ends when the engine that started it is gone.
 */
import type { EngineLog } from './engineLog';
import { AsyncLocalStorage } from 'node:async_hooks';
import * as grpc from '@grpc/grpc-js';
import { ResourceProviderService } from '@pulumi/pulumi/proto/provider_grpc_pb';
import { openEngineLog } from './engineLog';
import { PartialResult, partialMetadata } from './incomplete';

const PARENT_CHECK_MS = 500;

type Respond = (error: grpc.ServiceError | Partial<grpc.StatusObject> | null, response?: unknown) => void;
type Handler = (call: { readonly request: never }, respond: Respond) => void;

/** Of the resource that the call at hand is about. */
const currentUrn = new AsyncLocalStorage<string>();

/** What the process of a plugin offers to the package that it serves. */
export interface PluginHost {
  /** Of the engine that started it; undefined where somebody else did. */
  readonly engineAddress: string | undefined;
  readonly log: EngineLog;
  /** Hears of what takes long, and shows it beside the resource that waits. */
  readonly onWait: (notice: string) => void;
}

export interface Service {
  /** Answers by the names that the protocol has for its calls; what is left out is refused as not offered. */
  readonly methods: Readonly<Record<string, (request: never) => unknown>>;
  /** Called once, at the end of the process. */
  readonly release?: () => void;
}

export function serve(open: (host: PluginHost) => Service): void {
  const engineAddress = process.argv[2];
  const log = openEngineLog(engineAddress);
  const onWait = (notice: string): void => void log('status', notice, currentUrn.getStore() ?? '');
  const service = open({ engineAddress, log, onWait });
  endWithEngine(() => service.release?.());
  const server = new grpc.Server({
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
  });
  server.addService(ResourceProviderService, implementation(service));
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) {
      process.stderr.write(`The provider can't listen on this machine: ${error.message}\n`);
      process.exit(1);
    }
    process.stdout.write(`${port}\n`);
  });
}

function implementation({ methods }: Service): grpc.UntypedServiceImplementation {
  const service: Record<string, Handler> = {};
  for (const name of Object.keys(ResourceProviderService)) {
    const method = methods[name];
    service[name] = method === undefined ? unimplemented(name) : answering(method);
  }
  return service as unknown as grpc.UntypedServiceImplementation;
}

function unimplemented(name: string): Handler {
  return (_call, respond) => {
    respond({ code: grpc.status.UNIMPLEMENTED, details: `This provider does not offer ${name}.` });
  };
}

/** Whatever goes wrong becomes an error with the message alone: a stack trace tells the user nothing. */
function answering(method: (request: never) => unknown): Handler {
  return (call, respond) => {
    currentUrn
      .run(urnOf(call.request), () => Promise.resolve().then(() => method(call.request)))
      .then(
        (response) => {
          respond(null, response);
        },
        (error: unknown) => {
          const details = error instanceof Error ? error.message : String(error);
          const metadata = error instanceof PartialResult ? { metadata: partialMetadata(error) } : {};
          respond({ code: grpc.status.UNKNOWN, details, ...metadata });
        },
      );
  };
}

function urnOf(request: { readonly getUrn?: () => string }): string {
  return request.getUrn?.() ?? '';
}

/** The engine stops its plugins with a signal; when it is killed itself, nobody does. */
function endWithEngine(release: () => void): void {
  const parent = process.ppid;
  const end = (): void => {
    try {
      release();
    } finally {
      process.exit(0);
    }
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  setInterval(() => {
    if (process.ppid !== parent) end();
  }, PARENT_CHECK_MS).unref();
}
