/** What of an object can't be changed: the genuine plugin's rules for the kinds that Warren's programs use. */
import type { PropertyMap } from '../../values';
import type { Settings } from './config';
import type { Place } from './paths';

interface Rule {
  /** A change below one of these places replaces the object, … */
  readonly places: readonly (readonly string[])[];
  /** … except below these. */
  readonly except?: readonly (readonly string[])[];
}

const IDENTITY: readonly (readonly string[])[] = [['kind'], ['metadata', 'name'], ['metadata', 'namespace']];

const SELECTOR: Rule = { places: [['spec', 'selector']] };
const ROLE: Rule = { places: [['roleRef']] };

const RULES: Readonly<Record<string, Rule>> = {
  'apps/Deployment': SELECTOR,
  'apps/DaemonSet': SELECTOR,
  'apps/StatefulSet': {
    places: [
      ['spec', 'podManagementPolicy'],
      ['spec', 'selector'],
      ['spec', 'serviceName'],
      ['spec', 'volumeClaimTemplates'],
    ],
  },
  'batch/Job': {
    places: [
      ['spec', 'completions'],
      ['spec', 'selector'],
      ['spec', 'template'],
    ],
  },
  '/PersistentVolumeClaim': {
    places: [['spec']],
    except: [
      ['spec', 'resources'],
      ['spec', 'volumeAttributesClassName'],
    ],
  },
  '/Pod': {
    places: [['spec']],
    except: [
      ['spec', 'tolerations'],
      ['spec', 'activeDeadlineSeconds'],
    ],
  },
  '/PersistentVolume': {
    places: [['spec']],
    except: ['accessModes', 'capacity', 'claimRef', 'mountOptions', 'nodeAffinity']
      .concat('persistentVolumeReclaimPolicy', 'storageClassName', 'volumeMode')
      .map((name) => ['spec', name]),
  },
  '/ResourceQuota': { places: [['spec', 'scopes']] },
  '/Secret': { places: [['type']] },
  '/Service': { places: [['spec', 'clusterIP']] },
  'rbac.authorization.k8s.io/RoleBinding': ROLE,
  'rbac.authorization.k8s.io/ClusterRoleBinding': ROLE,
  'storage.k8s.io/StorageClass': { places: [['parameters'], ['provisioner']] },
};

const CONTENT: Readonly<Record<string, readonly (readonly string[])[]>> = {
  '/Secret': [['data'], ['stringData']],
  '/ConfigMap': [['data'], ['binaryData']],
};

/** @param before the inputs until now */
export function isReplacing(
  place: Place,
  {
    before,
    news,
    settings,
  }: { readonly before: PropertyMap; readonly news: PropertyMap; readonly settings: Settings },
): boolean {
  const type = `${groupOf(news)}/${String(news.kind)}`;
  const { places, except = [] } = RULES[type] ?? { places: [] };
  const isMutable = {
    '/Secret': settings.enableSecretMutable,
    '/ConfigMap': settings.enableConfigMapMutable,
  }[type];
  // Whoever reads such an object may not see a change of it: unless the provider says otherwise, another one is made.
  const content = isMutable === true && before.immutable !== true ? [] : (CONTENT[type] ?? []);
  const frozen = before.immutable === true ? [['immutable']] : [];
  const isBelow = (start: readonly string[]): boolean => start.every((step, index) => place[index] === step);
  return [...IDENTITY, ...places, ...content, ...frozen].some(isBelow) && !except.some(isBelow);
}

function groupOf({ apiVersion }: PropertyMap): string {
  return typeof apiVersion === 'string' && apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}
