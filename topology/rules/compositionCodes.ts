/** What putting a topology together from several files finds: the descriptions of those codes (compose/ finds it). */
import type { CodeDescription } from './rule';
import { LANGUAGE } from './rule';

export const OVERLAY_NO_CHANGE = 'overlay-no-change';
export const OVERLAY_NAME = 'overlay-name';

type CompositionCode = Pick<CodeDescription, 'code' | 'title' | 'reason' | 'help' | 'example'> &
  Partial<Pick<CodeDescription, 'severity' | 'isAdvice'>>;

const BASE = `
warren: 1
vhosts:
  shop:
    queues:
      paid: { maxLength: 1000 }
      legacy:
workers:
  paid: { vhost: shop, queues: [paid], replicas: 1 }
`;

const COMPOSITION_CODES: readonly CompositionCode[] = [
  {
    code: 'unreadable-file',
    title: 'The files that a topology extends and includes are there, and are text.',
    reason: 'Without one of them the topology is incomplete: nothing more can be said about it.',
    help: 'Correct the path: it is relative to the file in which it stands.',
    example: {
      bad: 'extends: bsae.yaml\nworkers: { paid: { replicas: 4 } }',
      good: 'extends: base.yaml\nworkers: { paid: { replicas: 4 } }',
      beside: { 'base.yaml': BASE },
    },
  },
  {
    code: 'bad-reference',
    title: 'Other files are named by relative paths.',
    reason: 'A topology is reviewed, checked and applied on more than one machine.',
    help: 'Write the path of a file as it is seen from this one, with / between folders.',
    example: {
      bad: 'extends: /srv/topologies/base.yaml\nworkers: { paid: { replicas: 4 } }',
      good: 'extends: base.yaml\nworkers: { paid: { replicas: 4 } }',
      beside: { 'base.yaml': BASE },
    },
  },
  {
    code: 'reference-cycle',
    title: 'No file extends or includes itself, by whatever way round.',
    reason: 'What it says would depend on itself.',
    help: 'Remove one of the references; what both files need belongs in a third one.',
    example: {
      bad: 'include: [example.yaml]',
      good: 'include: [base.yaml]',
      beside: { 'base.yaml': BASE },
    },
  },
  {
    code: 'file-twice',
    title: 'A file counts once.',
    reason: 'What it says would be said a second time, and every object in it would be a conflict.',
    help: 'Remove one of the references.',
    example: {
      bad: 'include: [base.yaml, ./base.yaml]',
      good: 'include: [base.yaml]',
      beside: { 'base.yaml': BASE },
    },
  },
  {
    code: 'include-conflict',
    title: 'What several files make is said in one of them.',
    reason: 'The files make one topology, in which an object is one thing and a setting has one value.',
    help: 'Define the object in one of the files only; the others may refer to it by its name.',
    example: {
      bad: 'include: [base.yaml]\nvhosts: { shop: { queues: { paid: { maxLength: 5 } } } }',
      good: 'include: [base.yaml]\nvhosts: { shop: { queues: { sent: { maxLength: 5 } } } }',
      beside: { 'base.yaml': BASE },
    },
  },
  {
    code: 'remove-without-extends',
    title: 'Only an overlay removes something.',
    reason: '`remove:` takes away what the file says that this one extends.',
    help: 'Name that file with `extends:`, or delete what should go where it stands.',
    example: {
      bad: 'include: [base.yaml]\nremove: { vhosts: { shop: { queues: [legacy] } } }',
      good: 'extends: base.yaml\nremove: { vhosts: { shop: { queues: [legacy] } } }',
      beside: { 'base.yaml': BASE },
    },
  },
  {
    code: 'remove-nothing',
    title: 'What an overlay removes is in its base.',
    reason: 'What should go is most likely there under another name, and stays.',
    help: 'Correct the name, or remove the line.',
    example: {
      bad: 'extends: base.yaml\nremove: { vhosts: { shop: { queues: [legcy] } } }',
      good: 'extends: base.yaml\nremove: { vhosts: { shop: { queues: [legacy] } } }',
      beside: { 'base.yaml': BASE },
    },
  },
  {
    code: OVERLAY_NO_CHANGE,
    title: 'What an overlay says is different from its base.',
    reason: 'A line without effect mostly means that something else was to be changed, and isn’t.',
    help: 'Write the value that it should have, or remove the line.',
    isAdvice: true,
    example: {
      bad: 'extends: base.yaml\nworkers: { paid: { replicas: 1 } }',
      good: 'extends: base.yaml\nworkers: { paid: { replicas: 4 } }',
      beside: { 'base.yaml': BASE },
    },
  },
  {
    code: OVERLAY_NAME,
    severity: 'warning',
    title: 'An overlay’s new object has a name that can’t be taken for one of its base.',
    reason: 'A slip of the pen in a name makes a second object, and leaves the one that was meant as it is.',
    help: 'Correct the name, or suppress this where the new object is meant.',
    isAdvice: true,
    example: {
      bad: 'extends: base.yaml\nvhosts: { shop: { queues: { payd: { maxLength: 5 } } } }',
      good: 'extends: base.yaml\nvhosts: { shop: { queues: { paid: { maxLength: 5 } } } }',
      beside: { 'base.yaml': BASE },
    },
  },
  {
    code: 'overlay-conflict',
    title: 'No overlay changes what another one, laid below it, removes.',
    reason: 'Half an object would be left: what the one says about it, without what it was.',
    help: 'Take one of the two out of the list of `extends:`, or change their order.',
    example: {
      bad: 'extends: [lean.yaml, large.yaml]\nworkers: { paid: { replicas: 4 } }',
      good: 'extends: [large.yaml, lean.yaml]\nworkers: { paid: { replicas: 4 } }',
      beside: {
        'base.yaml': BASE,
        'lean.yaml': 'warren: 1\nextends: base.yaml\nremove: { vhosts: { shop: { queues: [legacy] } } }\n',
        'large.yaml':
          'warren: 1\nextends: base.yaml\nvhosts: { shop: { queues: { legacy: { maxLength: 9 } } } }\n',
      },
    },
  },
];

export const COMPOSITION_CODE_DESCRIPTIONS: readonly CodeDescription[] = COMPOSITION_CODES.map((each) => ({
  severity: 'error',
  isAdvice: false,
  ...each,
  sources: [LANGUAGE],
}));
