/** One package of resource types, and what a running plugin knows. */
import type { EngineLog } from './engineLog';
import type { OpenSession } from './session';
import type { AnyResourceType, Call, Session } from './resourceType';
import type { Claims } from './claims';
import type { Credentials } from './providerConfig';
import type { Recreations } from './recreations';
import type { AnyMadeType } from './madeType';
import type { AnyStepType } from './stepType';
import type { PropertyMap } from './values';
import { typeTokenOf, typeTokensOf } from './urns';
import { UserError } from './userError';

export interface Package {
  readonly name: string;
  readonly version: string;
  readonly types: readonly AnyResourceType[];
  readonly steps?: readonly AnyStepType[];
  readonly made?: readonly AnyMadeType[];
  /** What a program can ask, by token. */
  readonly functions?: Readonly<Record<string, (session: Session) => Promise<PropertyMap>>>;
}

export interface Plugin {
  readonly package: Package;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: EngineLog;
  /** Hears of what takes long, and shows it beside the resource that waits. */
  readonly onWait: (notice: string) => void;
  readonly claims: () => Claims;
  /** Identities of what this process has created, changed or deleted: a snapshot may be older. */
  readonly touched: Set<string>;
  /** The queues that the program describes in this operation, by URN. */
  readonly checked: Map<string, object>;
  readonly recreations: Recreations;
  session?: OpenSession;
  /** What `diffConfig` has seen, which the engine calls before `configure` for a provider that a program describes. */
  seen?: {
    /** Logins that the state's provider falls back on, in an adopted stack until its first `up`. */
    readonly formerLogins: readonly Credentials[];
    /** As the program says it now: what counts as no change, the engine gives as the state has it. */
    readonly requireBroker: boolean;
    /** Inputs of the state's provider, where it reached the same cluster in another way. */
    readonly former?: PropertyMap;
  };
  isCancelled: boolean;
}

export function typeOf(plugin: Plugin, urn: string): AnyResourceType {
  const token = typeTokenOf(urn);
  const found = plugin.package.types.find((type) => type.token === token);
  if (found !== undefined) return found;
  const known = plugin.package.types.map((type) => type.token).join(', ');
  throw new UserError(
    `The provider "${plugin.package.name}" has no resource type ${token}. It has: ${known}.`,
  );
}

/** The component of a whole topology. */
export const TOPOLOGY_COMPONENT = 'warren:index:Topology';

function isOfTopology(urn: string): boolean {
  return typeTokensOf(urn).slice(0, -1).includes(TOPOLOGY_COMPONENT);
}

export function sessionOf(plugin: Plugin): Session {
  if (plugin.session !== undefined) return plugin.session;
  throw new UserError(
    `The provider "${plugin.package.name}" is not configured: its inputs are not known yet.`,
  );
}

export function callOf(plugin: Plugin, urn: string, identity: string | undefined): Call {
  return {
    session: sessionOf(plugin),
    isReplacement: identity !== undefined && plugin.claims().isChecked(identity, urn),
    isOfTopology: isOfTopology(urn),
    isClaimed: (other) =>
      plugin.claims().reasonToKeep(claimKey(sessionOf(plugin).endpoint, other), urn) !== undefined,
    replacement: plugin.checked.get(urn),
    warn: (message) => plugin.log('warning', message, urn),
    warnOnce: (word, message) => warnOnce(plugin, word, message),
  };
}

/** For what concerns no resource, or many: told by the first process of the operation that comes upon it. */
export async function warnOnce(plugin: Plugin, word: string, message: string): Promise<void> {
  if (plugin.claims().isFirst(word)) await plugin.log('warning', message, '');
}

/** The same for the same object of the same broker in both packages, whatever characters its names hold. */
export function claimIdentity(endpoint: string, type: AnyResourceType, object: object): string {
  return claimKey(endpoint, type.identity(object));
}

/** Of the resource, and of each object that it stands for. */
export function claimIdentities(endpoint: string, type: AnyResourceType, object: object): readonly string[] {
  const identities = [type.identity(object), ...(type.parts?.(object) ?? [])];
  return identities.map((identity) => claimKey(endpoint, identity));
}

function claimKey(endpoint: string, identity: readonly string[]): string {
  return JSON.stringify([endpoint, ...identity]);
}
