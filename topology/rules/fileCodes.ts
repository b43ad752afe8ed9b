/** What reading the files finds, before any rule: the descriptions of those codes. */
import type { CodeDescription } from './rule';
import { LANGUAGE } from './rule';

type FileCode = Pick<CodeDescription, 'code' | 'title' | 'reason' | 'help' | 'example'> & {
  readonly sources?: readonly string[];
};

const YAML = 'https://yaml.org/spec/1.2.2/';

const FILE_CODES: readonly FileCode[] = [
  {
    code: 'not-text',
    title: 'A topology is text in UTF-8.',
    reason: 'A broker takes UTF-8 only, and a binary file is none that somebody wrote.',
    help: 'Check that this is the file you meant, and save it as UTF-8.',
    example: {
      bad: 'vhosts: { "half of a pair: \\uD83D": {} }',
      good: 'vhosts: { "a pair: \\U0001F407": {} }',
    },
  },
  {
    code: 'empty-file',
    title: 'A topology says something.',
    reason: 'An empty file is mostly one that was not saved, or the wrong one.',
    help: 'Start with `warren: 1` and a `vhosts:` section.',
    example: { bad: '# nothing here yet', good: 'warren: 1' },
  },
  {
    code: 'yaml-syntax',
    title: 'A topology is YAML.',
    reason: 'Nothing else can be checked before the text can be read.',
    help: 'Check the indentation, quotes and brackets on this line and the one before.',
    sources: [YAML],
    example: { bad: 'vhosts: { shop: {}', good: 'vhosts: { shop: {} }' },
  },
  {
    code: 'yaml-documents',
    title: 'One file is one topology.',
    reason: 'What stands below a second `---` would be ignored.',
    help: 'Remove the `---` line, or move the second document to a file of its own.',
    sources: [YAML],
    example: { bad: 'warren: 1\n---\nvhosts: { shop: {} }', good: 'warren: 1\nvhosts: { shop: {} }' },
  },
  {
    code: 'yaml-alias',
    title: 'An alias stands below its anchor, and outside of it.',
    reason: 'Without its anchor an alias has no value.',
    help: 'Put the anchor (&name) on the value that is meant, above the alias, or write the value out.',
    sources: [YAML],
    example: {
      bad: 'vhosts: { shop: { queues: { paid: *limits } } }',
      good: 'vhosts: { shop: { queues: { paid: &limits { ttl: 1h }, sent: *limits } } }',
    },
  },
  {
    code: 'yaml-tag',
    title: "Values have none but YAML's own tags.",
    reason: 'Other tags mean what some program makes of them: a reader could not tell what the broker gets.',
    help: 'Write the value without a tag.',
    sources: [YAML],
    example: {
      bad: 'vhosts: { shop: { description: !secret text } }',
      good: 'vhosts: { shop: { description: text } }',
    },
  },
  {
    code: 'alias-bomb',
    title: 'Aliases stand for at most 20,000 values.',
    reason: 'A file that grows so much is an accident or an attack.',
    help: 'Write the values out instead of nesting aliases.',
    sources: [YAML],
    example: {
      bad: [
        'vhosts:',
        '  - &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]',
        ...['ab', 'bc', 'cd', 'de', 'ef'].map(
          ([inner, outer]) =>
            `  - &${outer ?? ''} [${Array(10)
              .fill(`*${inner ?? ''}`)
              .join(', ')}]`,
        ),
      ].join('\n'),
      good: 'vhosts: { shop: { queues: { paid: &a { ttl: 1h }, sent: *a } } }',
    },
  },
  {
    code: 'merge-key',
    title: 'There are no merge keys (<<).',
    reason: 'They are no part of YAML 1.2, and they hide what an object is from whoever reviews it.',
    help: 'Write the keys out, or use an anchor and an alias for a whole value.',
    sources: [YAML],
    example: {
      bad: 'vhosts: { shop: { queues: { paid: &a { ttl: 1h }, sent: { <<: *a, maxLength: 5 } } } }',
      good: 'vhosts: { shop: { queues: { paid: { ttl: 1h }, sent: { ttl: 1h, maxLength: 5 } } } }',
    },
  },
  {
    code: 'bad-key',
    title: 'A key is plain text.',
    reason: 'Keys are names and words of the language: a list or nothing is neither.',
    help: 'Write a name in front of the colon; quote it if it holds special characters.',
    sources: [YAML],
    example: { bad: 'vhosts: { [a, b]: {} }', good: "vhosts: { '[a, b]': {} }" },
  },
  {
    code: 'duplicate-key',
    title: 'A key stands once.',
    reason: 'Only one of the two could count, and YAML readers disagree on which.',
    help: 'Remove one of them, or merge the two.',
    sources: [YAML],
    example: {
      bad: 'vhosts: { shop: { queues: { paid: { ttl: 1h, ttl: 2h } } } }',
      good: 'vhosts: { shop: { queues: { paid: { ttl: 2h } } } }',
    },
  },
  {
    code: 'language-version',
    title: 'A topology says which version of the language it is written in, and that version is known.',
    reason: 'A later version may mean something else by the same words.',
    help: 'Write `warren: 1`.',
    example: { bad: 'warren: 2', good: 'warren: 1' },
  },
  {
    code: 'unquoted-target',
    title: 'The target stands in quotes.',
    reason: 'Without quotes it is a number: 3.10 becomes 3.1, and 4.0 becomes 4.',
    help: "Quote it, e.g. target: '4.3'.",
    example: { bad: 'warren: 1\ntarget: 3.10', good: "warren: 1\ntarget: '3.10'" },
  },
  {
    code: 'unknown-target',
    title: 'The target is a RabbitMQ series that can be compiled for.',
    reason: 'What a series can do, and what it refuses, must be known to check a topology for it.',
    help: 'Use the series that the broker runs, from 3.10 to 4.3.',
    example: { bad: "warren: 1\ntarget: '5.0'", good: "warren: 1\ntarget: '4.3'" },
  },
  {
    code: 'missing-key',
    title: 'What can do without no default is said.',
    reason: 'Without it, the object would have no meaning.',
    help: 'Add the key.',
    example: {
      bad: 'vhosts: { shop: { queues: { paid: { bindings: [{ routingKey: x }] } } } }',
      good: 'vhosts: { shop: { queues: { paid: { bindings: [{ exchange: amq.topic, routingKey: x }] } } } }',
    },
  },
  {
    code: 'unknown-key',
    title: 'Every key is a word of the language.',
    reason: 'A misspelt key would be ignored, and with it what it was to say.',
    help: 'Use one of the keys that the message names.',
    example: {
      bad: 'vhosts: { shop: { queues: { paid: { x-message-ttl: 5000 } } } }',
      good: 'vhosts: { shop: { queues: { paid: { ttl: 5s } } } }',
    },
  },
  {
    code: 'wrong-type',
    title: 'A value is of the type that its key takes: text, a number, a list, a mapping.',
    reason: 'Any conversion would be a guess.',
    help: 'Change it to what the message asks for; text that looks like a number or a truth value needs quotes.',
    example: {
      bad: "vhosts: { shop: { queues: { paid: { durable: 'yes' } } } }",
      good: 'vhosts: { shop: { queues: { paid: { durable: true } } } }',
    },
  },
  {
    code: 'bad-value',
    title: 'A value is one of those that its key takes.',
    reason: 'RabbitMQ would refuse it, or take it for something else.',
    help: 'Use one of the values, or a number in the range, that the message names.',
    example: {
      bad: 'vhosts: { shop: { queues: { paid: { type: quorumm } } } }',
      good: 'vhosts: { shop: { queues: { paid: { type: quorum } } } }',
    },
  },
  {
    code: 'bad-duration',
    title: 'A duration has a unit.',
    reason: 'RabbitMQ counts in milliseconds, people often in seconds: a bare number hides which is meant.',
    help: 'Write whole numbers with units, largest first: 500ms, 30s, 10m, 2h, 1d, or 1h30m.',
    example: {
      bad: 'vhosts: { shop: { queues: { paid: { ttl: 7200 } } } }',
      good: 'vhosts: { shop: { queues: { paid: { ttl: 2h } } } }',
    },
  },
  {
    code: 'bad-size',
    title: 'A size is a number of bytes, or has a unit.',
    reason: 'RabbitMQ takes bytes.',
    help: 'Write 500MB, 2GB or 64KB (powers of 1000), 1GiB or 64KiB (powers of 1024), or a plain number of bytes.',
    example: {
      bad: 'vhosts: { shop: { queues: { paid: { maxLengthBytes: 5 megs } } } }',
      good: 'vhosts: { shop: { queues: { paid: { maxLengthBytes: 5MB } } } }',
    },
  },
];

/** Descriptions of all that reading the files finds: none of it is advice. */
export const FILE_CODE_DESCRIPTIONS: readonly CodeDescription[] = FILE_CODES.map((each) => ({
  sources: [LANGUAGE],
  ...each,
  severity: 'error',
  isAdvice: false,
}));
