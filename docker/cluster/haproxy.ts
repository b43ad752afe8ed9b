/** HAProxy's configuration: one address for all nodes, and only those that answer. */
import { hostOf } from './conf';

/** Room for nodes that join later, without a restart of the proxy. */
const NODES_MAX = 5;
/** In all, where the topology says nothing of a node's. */
const CONNECTIONS = 20_000;
/** For the management API: it has to be reached when the nodes take no more clients, which they refuse by themselves. */
const RESERVE = 1000;

export interface ProxiedPort {
  readonly name: string;
  readonly port: number;
  /** RabbitMQ is told who the client is. */
  readonly isProxyProtocol: boolean;
  /**
   * All clients at one node, while that answers: each reads for itself what others have written, perhaps a moment late,
   * and who makes a user by one may be refused by the next.
   */
  readonly isAtOneNode: boolean;
}

/**
 * The names of nodes are looked up while it runs: a node that comes back may have another address. Connections stay
 * open for as long as their ends send heartbeats, and end at once where the node behind them is gone.
 */
export function haproxyConf(ports: readonly ProxiedPort[], connectionMax: number | undefined): string {
  return `global
  log stdout format raw local0 notice
  maxconn ${connectionMax === undefined ? CONNECTIONS : NODES_MAX * connectionMax + RESERVE}
  no strict-limits

defaults
  mode tcp
  log global
  option clitcpka
  option srvtcpka
  timeout connect 2s
  retries 3
  option redispatch 1
  timeout client 1h
  timeout server 1h
  timeout check 2s
  default-server check inter 1s fall 2 rise 1 resolvers docker init-addr none on-marked-down shutdown-sessions

resolvers docker
  nameserver embedded 127.0.0.11:53
  hold valid 1s
  hold nx 1s
  hold timeout 1s
  hold refused 1s
  resolve_retries 2
  timeout resolve 1s
  timeout retry 1s
${ports.map(section).join('')}`;
}

function section({ name, port, isProxyProtocol, isAtOneNode }: ProxiedPort): string {
  const servers = Array.from({ length: NODES_MAX }, (_, index) => hostOf(index + 1)).map(
    (host) => `  server ${host} ${host}:${port}${isProxyProtocol ? ' send-proxy-v2' : ''}\n`,
  );
  return `
listen ${name}
  bind :${port}
  balance ${isAtOneNode ? 'first' : 'leastconn'}
${servers.join('')}`;
}
