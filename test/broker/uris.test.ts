import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutPasswords } from '../../broker/kinds/uris';
import { holdsPassword } from '../../topology/secrets';
import { splitLogin, withLogin, withoutLogin } from '../../topology/uriLogins';

const LOGIN = fc.record({
  username: fc.string({ unit: 'grapheme' }).filter(isWellFormed),
  password: fc.string({ unit: 'grapheme' }).filter(isWellFormed),
});
const URI = fc.constantFrom(
  'amqp://',
  'amqp:///vhost',
  'amqps://host:5671/a%2Fb?cacertfile=/x&auth_mechanism=plain',
  'amqp://[::1]:5672',
);

function isWellFormed(text: string): boolean {
  try {
    encodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

describe('a login in a URI', () => {
  it('comes out as it was put in, and leaves the URI as it was', () => {
    fc.assert(
      fc.property(URI, LOGIN, (uri, login) => {
        const full = withLogin(uri, login);
        expect(splitLogin(full)).toEqual({ uri, login });
        expect(holdsPassword({ deep: [full] })).toBe(true);
        expect(withoutLogin(full)).toBe(uri);
        expect(withLogin(full, login)).toBe(full);
      }),
    );
  });

  it('is left alone where it could not be put back the same', () => {
    for (const uri of [
      'amqp://host',
      'amqp://user@host',
      'amqp://u:p$@host',
      'amqp://u:%zz@host',
      'no uri',
    ]) {
      expect(splitLogin(uri)).toBeUndefined();
    }
    expect(splitLogin('amqp://u:a%2fb@host')).toBeUndefined();
  });
});

describe('a password in a value', () => {
  it('is seen in every URI, well formed or not', () => {
    for (const uri of ['amqp://u:p@h', 'amqp://u:p/w@h', 'x://u:p@w@h', 'see amqp://u:p@h']) {
      expect(holdsPassword([{ uri }])).toBe(true);
    }
    for (const value of ['amqp://u@h:5672', 'a@b:c', 'amqp://h:1/v', 5, null, { 'u:p@h': 'amqp://h' }]) {
      expect(holdsPassword(value)).toBe(false);
    }
  });

  it('never stands in what is said about it', () => {
    const tail = fc.string({ minLength: 4, unit: 'grapheme' }).filter(isWellFormed);
    fc.assert(
      fc.property(LOGIN, tail, fc.boolean(), ({ username }, end, isEncoded) => {
        // Long enough not to be a part of the sentence by chance.
        const password = `~~${end.replace(/[\s@]/g, '_')}`;
        const uri = isEncoded ? withLogin('amqp://h', { username, password }) : `amqp://u:${password}@h`;
        const said = withoutPasswords(`Unrecognised terms [{<<"x">>,<<"${uri}">>}] ${password} in it`, {
          x: uri,
        });
        expect(said).not.toContain(password);
        expect(said).toContain('Unrecognised terms');
      }),
    );
  });

  it('is not looked for in what the broker says about a URI that it cannot read', () => {
    const reason = '"amqp://u:12:x@h" not a valid URI: {badarg,[{erlang,list_to_integer,["12"]}]}';
    expect(withoutPasswords(reason, { uri: 'amqp://u:12:x@h' })).not.toMatch(/12|x@/);
  });
});
