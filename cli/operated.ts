/** The broker that an operator's command works on: of a stack, or at a URL; its management API, and AMQP beside it. */
import * as path from 'node:path';
import type { ChannelModel } from 'amqplib';
import { ensureOwnAccess } from '../broker/api/access';
import { parseAmqpAddress, type AmqpAddress, type AmqpSettings } from '../broker/amqp/address';
import { openAmqp } from '../broker/amqp/connection';
import { readTlsOptions, type TlsOptions, type TlsSettings } from '../broker/api/endpoint';
import { readAmqpPorts, readOverview } from '../broker/figures/overview';
import { openBroker, type Broker } from '../broker/api/transport';
import type { Topology } from '../topology/model';
import type { BrokerObject } from '../topology/objects';
import { DEFAULT_TARGET, type Target } from '../topology/index';
import { seriesOf } from '../topology/target';
import { announcedAmqp } from './announcedAmqp';
import { CHECKOUT } from './checkout';
import { configArguments, settingsFileOf } from './configFile';
import type { Login } from './firstLogin';
import { LIVE_PREFIX, liveSettings } from './liveLogin';
import {
  connectionSettings,
  loadTopology,
  openStackBroker,
  openStackWay,
  readConfig,
  readOutputs,
  stackLogins,
  type StackConfig,
  type StackOutputs,
} from './stackBroker';
import { UserError } from './userError';

export interface OperatedOptions {
  readonly stack?: string;
  readonly configFile?: string;
  /** In place of a stack: `live:URL`, or the URL alone. */
  readonly live?: string;
  /** Where AMQP is, if it can't be told, or is elsewhere for this machine. */
  readonly amqp?: string;
  /** A user of the topology, to log in as over AMQP. */
  readonly user?: string;
}

export interface StackKnowledge {
  readonly stack: string;
  readonly config: StackConfig;
  readonly outputs: StackOutputs;
  readonly topology: Topology;
  /** Of the topology. */
  readonly objects: readonly BrokerObject[];
}

export interface Operated {
  readonly name: string;
  readonly broker: Broker;
  readonly version: string;
  readonly target: Target;
  /** Absent for a broker at a URL. */
  readonly known?: StackKnowledge;
  /** Where and how AMQP is; the login is the management API's, or the given user's. */
  amqp(): Promise<AmqpSettings>;
  /** Which setting says where AMQP is, if one does. */
  readonly amqpBy?: string;
  connect(vhost: string, purpose: string): Promise<ChannelModel>;
  /** With the login of the management API, whoever `connect` logs in as. */
  connectAsOperator(vhost: string, purpose: string): Promise<ChannelModel>;
  close(): Promise<void>;
}

/** @throws UserError, SettingsError or BrokerError */
export async function openOperated(options: OperatedOptions): Promise<Operated> {
  const { stack, live } = options;
  if (stack !== undefined && live !== undefined) {
    throw new UserError(
      '--stack and --live are two ways to say which broker is meant, and both are given: leave one out',
    );
  }
  if (stack === undefined && live === undefined) {
    throw new UserError(
      'say which broker is meant: --stack STACK, or --live URL of a management API (login by RABBITMQ_USERNAME and RABBITMQ_PASSWORD)',
    );
  }
  return live === undefined ? openOfStack(stack ?? '', options) : openAt(live, options);
}

async function openAt(live: string, options: OperatedOptions): Promise<Operated> {
  if (options.user !== undefined)
    throw new UserError(
      "--user is a user of a stack's topology; with --live the login stands in the environment",
    );
  const settings = liveSettings(live.startsWith(LIVE_PREFIX) ? live : LIVE_PREFIX + live, process.env);
  const broker = openBroker(settings);
  const { username, password } = settings;
  return operated(broker, settings.endpoint, {
    address: () => addressOf(options.amqp, undefined, broker),
    tls: () => readTlsOptions(settings),
    ...{ login: { username, password }, operator: { username, password } },
  });
}

async function openOfStack(stack: string, options: OperatedOptions): Promise<Operated> {
  const config = await readConfig(stack, configArguments(options.configFile));
  const outputs = await readOutputs(stack);
  const { topology, objects } = loadTopology(stack, config);
  if ((outputs as Partial<StackOutputs>).management === undefined) {
    throw new UserError(
      `stack ${stack} was never up: there is no broker of it yet. Make it with: npx warren up --stack ${stack}`,
    );
  }
  const broker = await openStackBroker(config, outputs);
  const own = stackLogins(config, outputs).find(({ username }) => username === broker.username);
  const login = options.user === undefined ? own : loginOf(options.user, outputs);
  const { portForward } = outputs;
  const known = { stack, config, outputs, topology, objects };
  return operated(
    broker,
    `stack ${stack}`,
    {
      address: () => addressOf(options.amqp, outputs.amqp ?? textOf(config.amqp), broker),
      ...(options.amqp === undefined && isSetAmqp(config, outputs)
        ? { amqpBy: `warren:amqp in ${path.relative(CHECKOUT, settingsFileOf(stack, options.configFile))}` }
        : {}),
      tls: () => readTlsOptions(tlsSettings(config, outputs)),
      login: login ?? { username: broker.username, password: '' },
      operator: own ?? { username: broker.username, password: '' },
      ...(portForward === undefined || options.amqp !== undefined
        ? {}
        : { detour: openStackWay(portForward) }),
    },
    known,
  );
}

interface Ways {
  readonly address: () => Promise<AmqpAddress>;
  readonly tls: () => TlsOptions;
  /** Over AMQP. */
  readonly login: Login;
  /** At the management API. */
  readonly operator: Login;
  readonly detour?: AmqpSettings['detour'];
  readonly amqpBy?: string;
}

async function operated(
  broker: Broker,
  name: string,
  { address, tls, login, operator, detour, amqpBy }: Ways,
  known?: StackKnowledge,
): Promise<Operated> {
  try {
    const { version } = await readOverview(broker);
    const amqp = async (): Promise<AmqpSettings> => ({
      address: await address(),
      tls: tls(),
      ...login,
      ...(detour === undefined ? {} : { detour }),
    });
    const connectAs = async (who: Login, vhost: string, purpose: string): Promise<ChannelModel> => {
      // The administrator of a stack may not have been in this vhost yet.
      if (known !== undefined && who.username === broker.username) await ensureOwnAccess(broker, vhost);
      const { username, password } = who;
      return openAmqp({ ...(await amqp()), username, password }, { vhost, name: purpose });
    };
    return {
      name,
      broker,
      version,
      target: seriesOf(version) ?? DEFAULT_TARGET,
      ...(known === undefined ? {} : { known }),
      amqp,
      ...(amqpBy === undefined ? {} : { amqpBy }),
      connect: (vhost, purpose) => connectAs(login, vhost, purpose),
      connectAsOperator: (vhost, purpose) => connectAs(operator, vhost, purpose),
      close: () => broker.close(),
    };
  } catch (error) {
    await broker.close();
    throw error;
  }
}

/** What is given, what the stack says, or where the broker says that it listens, on the management API's host. */
async function addressOf(
  given: string | undefined,
  ofStack: string | undefined,
  broker: Broker,
): Promise<AmqpAddress> {
  const text = given ?? ofStack;
  if (text !== undefined) {
    try {
      return parseAmqpAddress(text);
    } catch (error) {
      throw new UserError(
        `${given === undefined ? `the stack's setting amqp, "${text}"` : `--amqp "${text}"`}: ${(error as Error).message}`,
      );
    }
  }
  return announcedAmqp(broker.endpoint, await readAmqpPorts(broker));
}

/** And not the cluster of the stack's own, or what was set at the last `up`. */
function isSetAmqp({ amqp }: StackConfig, outputs: StackOutputs): boolean {
  const set = textOf(amqp);
  return set !== undefined && set === (outputs.amqp ?? set);
}

function tlsSettings(config: StackConfig, { management, ca }: StackOutputs): TlsSettings {
  return { ...connectionSettings(config, management), ...(ca === undefined ? {} : { cacert: ca }) };
}

function loginOf(user: string, { users = {} }: StackOutputs): Login {
  const found = new Map(Object.entries(users)).get(user);
  if (found !== undefined) return found;
  throw new UserError(`the stack has no user "${user}"; it has ${Object.keys(users).join(', ') || 'none'}`);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
