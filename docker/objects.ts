/** What all Docker objects of a stack have in common: names, an owner, and where they are made. */
import type * as docker from '@pulumi/docker';
import type * as pulumi from '@pulumi/pulumi';
import { OWNER_LABEL } from '../provider/offline/docker/owner';

export interface Place {
  /** Begins the name of every object: `warren-production`. */
  readonly prefix: string;
  /** The same in every run of the stack, and no other stack's: a run after a killed one knows its own objects by it. */
  readonly owner: pulumi.Input<string>;
  readonly provider: pulumi.ProviderResource;
  /** As in DOCKER_HOST; what the environment says where it is left out. */
  readonly host?: string;
  /** Of `docker.hosts`, for one that is not the stack's first. */
  readonly hostName?: string;
}

/** A logical name: what is there on several Docker hosts is a resource on each. */
export function nameAt({ hostName }: { readonly hostName?: string | undefined }, name: string): string {
  return hostName === undefined ? name : `${name}-${hostName}`;
}

export interface Label {
  readonly label: string;
  readonly value: pulumi.Input<string>;
}

export function labelsOf(
  { owner }: Pick<Place, 'owner'>,
  further: Readonly<Record<string, string>> = {},
): Label[] {
  const own = { label: OWNER_LABEL, value: owner };
  return [own, ...Object.entries(further).map(([label, value]) => ({ label, value }))];
}

const MEBIBYTE = 2 ** 20;

/** Limits of a container, in Docker's units; without more swap than memory, so that the limit is one. */
export function limitsOf({ memoryBytes, cpus }: { readonly memoryBytes?: number; readonly cpus?: number }): {
  memory?: number;
  memorySwap?: number;
  cpus?: string;
} {
  const memory = memoryBytes === undefined ? undefined : Math.floor(memoryBytes / MEBIBYTE);
  return {
    ...(memory === undefined ? {} : { memory, memorySwap: memory }),
    ...(cpus === undefined ? {} : { cpus: String(cpus) }),
  };
}

/**
 * Of a Docker provider. Pulumi's own plugin takes DOCKER_CONTEXT from the environment over every host, which would bring
 * all hosts' containers to one engine; an empty context is none.
 */
export function providerArgs(host: string | undefined, environment: NodeJS.ProcessEnv): docker.ProviderArgs {
  const { DOCKER_HOST: usual = '', DOCKER_CONTEXT: context = '' } = environment;
  if (context === '') return host === undefined ? {} : { host };
  const named = host ?? usual;
  return named === '' ? {} : { host: named, context: '' };
}
