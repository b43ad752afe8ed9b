/** How `pulumi up` and the stack's clients reach a cluster of its own on Docker. */
import { X509Certificate } from 'node:crypto';
import * as net from 'node:net';
import { managementOf } from '../docker/cluster/management';
import { isEveryAddress, type ClusterSettings } from '../docker/settings';
import type { Topology } from '../topology/model';
import { readProjectFile } from './projectFile';
import { refusal } from './refusal';
import type { Settings } from './settings';

/** The settings with the cluster's own addresses, where the stack makes one. */
export function withOwnDocker(settings: Settings, topology: Topology): Settings {
  const { docker, project, stack } = settings;
  const cluster = docker?.cluster;
  if (cluster === undefined) return settings;
  if (cluster.managementTls === true && topology.broker?.tls === undefined) {
    throw refusal(
      'docker.cluster.managementTls is true, and the nodes have no certificate: they get one by `broker: {tls: {}}` in the topology.',
    );
  }
  const { isTls, port } = managementOf(cluster, topology.broker);
  const host = reachable(cluster.managementAddress);
  const way = {
    endpoint: `${isTls ? 'https' : 'http'}://${inUrl(host)}:${port}`,
    // Of this name on this host: the same name on another one is another cluster.
    ownCluster: [project, stack, ...(docker?.host === undefined ? [] : [docker.host])].join('/'),
    ...(isTls ? trustOfFiles(cluster, host) : {}),
  };
  return {
    ...settings,
    amqp: settings.amqp ?? amqpOf(cluster, topology),
    connection: { ...settings.connection, ...way },
  };
}

function amqpOf(cluster: ClusterSettings, { broker }: Topology): string {
  const host = inUrl(reachable(cluster.address));
  const isTlsOnly = broker?.tls?.only === true;
  return isTlsOnly ? `amqps://${host}:${cluster.amqpsPort}` : `amqp://${host}:${cluster.amqpPort}`;
}

/** From here: what is published on all addresses is found on this machine's own. */
function reachable(address: string): string {
  return isEveryAddress(address) ? '127.0.0.1' : address;
}

export function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Given certificates are for the names by which clients call the cluster, which needn't have its address among them. */
function trustOfFiles({ tls }: ClusterSettings, host: string): { cacert?: string; serverName?: string } {
  if (tls === undefined || !('ca' in tls)) return {};
  const cacert = readProjectFile(tls.ca, 'docker.cluster.tls.ca');
  const certificate = readProjectFile(tls.certificate, 'docker.cluster.tls.certificate');
  const serverName = nameIn(certificate, tls.certificate, host);
  return { cacert, ...(serverName === undefined ? {} : { serverName }) };
}

/** Undefined where it is for the address itself. */
function nameIn(pem: string, file: string, host: string): string | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    throw refusal(`docker.cluster.tls.certificate: ${file} holds no certificate in PEM form.`);
  }
  if (net.isIP(host) !== 0 && certificate.checkIP(host) !== undefined) return undefined;
  const name = /(?:^|, )DNS:([^,]+)/.exec(certificate.subjectAltName ?? '')?.[1];
  return name?.replace(/^\*/, 'rabbitmq');
}
