/**
 * What is still to be done in a rotation of what a cluster's nodes have: their authority, their certificate, their
 * cookie. As with logins, the settings and the state alone say so.
 */
import type { SettingPath } from './settingsFile';

export type ClusterSecret = 'authority' | 'certificate' | 'cookie';

/** What the settings say, and what an `up` has made of it. */
export interface Numbers {
  readonly wanted: number;
  readonly made: number;
}

export interface Authorities {
  /** All are trusted, and the first one signs. */
  readonly wanted: readonly [number, ...number[]];
  /** Those that the state has, in no order. */
  readonly made: readonly number[];
}

/** A line of the settings, and the `up` that follows. */
export interface Stage {
  readonly value: number | readonly number[];
  readonly goal: string;
  /** Where the `up` fails. */
  readonly standing: string;
  /** Clients outside of the stack have to do something before the next one. */
  readonly isHandedOver: boolean;
}

export interface ClusterPlan {
  /** False where something is gone on with, and nothing begun. */
  readonly isNew: boolean;
  /** Of one that isn't new, the first stands in the settings already. */
  readonly stages: readonly Stage[];
}

/** Where the cluster is. */
export type ClusterPlatform = 'docker' | 'kubernetes';

export function settingOf(platform: ClusterPlatform, secret: ClusterSecret): SettingPath {
  if (secret === 'cookie') return [platform, 'cluster', 'cookie'];
  return [platform, 'cluster', 'tls', secret === 'authority' ? 'authorities' : 'generation'];
}

export function handOverSettingOf(platform: ClusterPlatform): SettingPath {
  return [platform, 'cluster', 'tls', 'handOver'];
}

/** @param isEmergency the old authority ends at once: nobody shall trust it any more, whoever is cut off by that */
export function planAuthority({ wanted, made }: Authorities, isEmergency: boolean): ClusterPlan {
  const isNew = wanted.length === 1 && made.every((number) => wanted.includes(number));
  const newest = isNew ? Math.max(...wanted, ...made) + 1 : Math.max(...wanted);
  const [signer] = wanted;
  const others = [...new Set([...wanted, ...made])].filter((number) => number !== newest);
  if (isEmergency) return { isNew, stages: [onlyStage(newest, others, EMERGENCY)] };
  const last = onlyStage(newest, others, TRUSTED);
  if (wanted.length === 1 && !isNew) return { isNew, stages: [last] };
  const old = wanted.filter((number) => number !== newest);
  const signing = authorityStage([newest, ...old], {
    goal: `the nodes get a certificate of authority ${newest}, one after the other`,
  });
  if (signer === newest) return { isNew, stages: [{ ...signing, value: wanted }, last] };
  const trusting = authorityStage(isNew ? [signer, newest] : wanted, {
    goal: `all that the stack runs trusts authority ${newest} beside ${old.join(' and ')}, which still signs`,
    isHandedOver: true,
  });
  return { isNew, stages: [trusting, signing, last] };
}

const TRUSTED = 'Clients of the stack trust whichever certificate they meet.';
const EMERGENCY =
  'Some nodes and workers may have changed over and others not: those that differ refuse one another until this went through.';

function onlyStage(newest: number, others: readonly number[], standing: string): Stage {
  const ends = others.length === 0 ? '' : `; nothing trusts ${others.join(' and ')} any more`;
  return authorityStage([newest], { goal: `authority ${newest} alone${ends}`, standing });
}

function authorityStage(
  value: readonly number[],
  words: Pick<Stage, 'goal'> & Partial<Pick<Stage, 'standing' | 'isHandedOver'>>,
): Stage {
  return { value, standing: TRUSTED, isHandedOver: false, ...words };
}

export function planCertificate({ wanted, made }: Numbers): ClusterPlan {
  return oneStage({ wanted, made }, (number) => ({
    goal: `certificate ${number} of the same authority, node by node`,
    standing: 'Clients trust the old certificate and the new one.',
  }));
}

export function planCookie({ wanted, made }: Numbers): ClusterPlan {
  return oneStage({ wanted, made }, (number) => ({
    goal: `cookie ${number}: at once on all nodes that run, then their containers are replaced one after the other`,
    standing: 'What runs goes on.',
  }));
}

function oneStage(
  { wanted, made }: Numbers,
  words: (number: number) => Pick<Stage, 'goal' | 'standing'>,
): ClusterPlan {
  const isNew = wanted === made;
  const value = isNew ? wanted + 1 : wanted;
  return { isNew, stages: [{ value, isHandedOver: false, ...words(value) }] };
}
