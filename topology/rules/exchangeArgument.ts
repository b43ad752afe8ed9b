import type { Exchange } from '../model';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const exchangeArgument: Rule = {
  code: 'exchange-argument',
  severity: 'error',
  title: 'The arguments of an exchange are those that its type takes.',
  reason: 'RabbitMQ refuses the exchange otherwise.',
  help: 'Correct the argument; `alternate` and `hashOn` say the usual ones.',
  sources: [
    docs('ae'),
    docs('consistent-hash-exchange'),
    measured(
      '400: Unsupported property; hash-header and hash-property are mutually exclusive; invalid type for alternate-exchange',
    ),
  ],
  isAdvice: false,
  example: {
    bad: `
broker: { plugins: [rabbitmq_consistent_hash_exchange] }
vhosts:
  shop:
    exchanges:
      orders: { type: x-consistent-hash, arguments: { hash-property: app_id } }
`,
    good: `
broker: { plugins: [rabbitmq_consistent_hash_exchange] }
vhosts:
  shop:
    exchanges:
      orders: { type: x-consistent-hash, hashOn: { property: message_id } }
`,
  },
  check: ({ topology: { vhosts } }) => vhosts.flatMap(({ exchanges }) => exchanges.flatMap(checkExchange)),
};

const HASH_PROPERTIES = ['message_id', 'correlation_id', 'timestamp'];

function checkExchange({ name, type, arguments: given, alternate, hashOn, path }: Exchange): Finding[] {
  const at = (key: string): Pick<Finding, 'path' | 'part'> => ({
    path: [...path, 'arguments', key],
    part: 'key',
  });
  const findings: Finding[] = [];
  const other = given['alternate-exchange'];
  if (other !== undefined && typeof other !== 'string') {
    findings.push({
      ...at('alternate-exchange'),
      message: 'The alternate exchange must be text.',
      help: 'Write its name.',
    });
  } else if (alternate !== undefined && other !== undefined && other !== alternate) {
    findings.push({
      ...at('alternate-exchange'),
      message: `"${name}" has two alternate exchanges: "${alternate}" and "${other}".`,
      help: 'Remove one of the two.',
    });
  }
  if (type === 'x-delayed-message' && typeof given['x-delayed-type'] !== 'string') {
    findings.push({
      path,
      part: 'key',
      message: `"${name}" does not say what it does with its messages after the delay.`,
      help: 'Add `arguments: { x-delayed-type: topic }`, or another type of exchange.',
    });
  }
  if (type !== 'x-consistent-hash') return findings;
  const [header, property] = [
    hashOn?.header ?? given['hash-header'],
    hashOn?.property ?? given['hash-property'],
  ];
  const key = hashOn === undefined ? ['arguments', 'hash-property'] : ['hashOn'];
  if (header !== undefined && property !== undefined) {
    findings.push({
      path: [...path, ...key],
      part: 'key',
      message: `"${name}" hashes a header and a property.`,
      reason: 'RabbitMQ takes one of the two.',
      help: 'Remove one of them.',
    });
  } else if (property !== undefined && !HASH_PROPERTIES.some((each) => each === property)) {
    findings.push({
      path: [...path, ...key],
      part: 'key',
      message: `A consistent hash exchange can't hash the property "${String(property)}".`,
      help: `Use one of ${HASH_PROPERTIES.join(', ')}, or a header.`,
    });
  }
  return findings;
}
