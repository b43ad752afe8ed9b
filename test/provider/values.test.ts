/** Values come off the wire as they went onto it; secrets and unknowns are told from what only looks like them. */
import fc from 'fast-check';
import { Struct, type JavaScriptValue } from 'google-protobuf/google/protobuf/struct_pb';
import { expect, it } from 'vitest';
import { UNKNOWN, decode, encode } from '../../provider/values';
import { canonicalJson } from '../../topology/objects';

const SIGNATURE = '4dabf18193072939515e22adb298388d';
const OUTPUT = 'd0e6a833031e9bbcd3f4e8bde6ca49a4';
const SECRET = '1b47061264138c4ac30d75fd1eb44270';
const COMPUTED_BOOL = '1c4a061d-8072-4f0a-a4cb-0ff528b18fe7';

// The maps of google-protobuf can't hold that one, at any depth.
const isWritable = (given: unknown): boolean => !JSON.stringify(given).includes('"__proto__"');
/** A property that is null is one that isn't there. */
const value = fc.jsonValue({ noUnicodeString: false }).filter((given) => given !== null && isWritable(given));
const name = fc.string({ minLength: 1 }).filter(isWritable);
const table = fc.dictionary(name, value, { noNullPrototype: true });

it('what is encoded is decoded', () => {
  fc.assert(
    fc.property(table, fc.infiniteStream(fc.boolean()), (values, areSecret) => {
      const secrets = new Set(Object.keys(values).filter(() => areSecret.next().value));
      const found = decode(Struct.deserializeBinary(encode(values, secrets).serializeBinary()));
      expect([...found.secrets].sort()).toEqual([...secrets].sort());
      expect(canonicalJson(found.values)).toBe(canonicalJson(values));
    }),
  );
});

it('a secret is unwrapped and noted, wherever it is', () => {
  const secret = (inner: JavaScriptValue): JavaScriptValue => ({ [SIGNATURE]: SECRET, value: inner });
  const wire = Struct.fromJavaScript({
    plain: 'p',
    whole: secret('s'),
    within: { list: [secret({ a: 1 })] },
    lookalike: { [SIGNATURE]: 'another', value: 'kept' },
  });
  const { values, secrets } = decode(wire);
  expect(values).toEqual({
    plain: 'p',
    whole: 's',
    within: { list: [{ a: 1 }] },
    lookalike: { [SIGNATURE]: 'another', value: 'kept' },
  });
  expect([...secrets]).toEqual(['whole', 'within']);
});

it('an output without a value, and an unknown of any type, is unknown', () => {
  const wire = Struct.fromJavaScript({
    output: { [SIGNATURE]: OUTPUT, secret: true },
    known: { [SIGNATURE]: OUTPUT, value: [1] },
    computed: COMPUTED_BOOL,
    gone: null,
  });
  const { values, secrets } = decode(wire);
  expect(values).toEqual({ output: UNKNOWN, known: [1], computed: UNKNOWN });
  expect([...secrets]).toEqual(['output']);
});
