/** The offline docker plugin's decisions: what differs, what is refused, whose state it goes on with. Needs no Docker. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { archiveOf } from '../../provider/offline/docker/container/uploads';
import { textOfFrames } from '../../provider/offline/docker/container/logs';
import { CONTAINER_FIELDS } from '../../provider/offline/docker/container/fields';
import { containerType } from '../../provider/offline/docker/container/index';
import { contextDigest } from '../../provider/offline/docker/context';
import { imageType } from '../../provider/offline/docker/image';
import { splitName } from '../../provider/offline/docker/images';
import { networkType } from '../../provider/offline/docker/network';
import { checkProperties } from '../../provider/offline/docker/properties/check';
import { compareProperties } from '../../provider/offline/docker/properties/compare';
import {
  durationText,
  nanosecondsOf,
  type Field,
  type Fields,
} from '../../provider/offline/docker/properties/fields';
import { redacting } from '../../provider/redaction';
import { remoteImageType } from '../../provider/offline/docker/remoteImage';
import type { DockerType } from '../../provider/offline/docker/resource';
import { readState, stamped } from '../../provider/offline/docker/state';
import { volumeType } from '../../provider/offline/docker/volume';
import { encode, type PropertyMap } from '../../provider/values';
import { canonicalJson } from '../../topology/objects';
import genuine from './genuineDocker/states.json';

const TYPES: readonly DockerType[] = [networkType, volumeType, remoteImageType, imageType, containerType];
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-offline-'));

afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

/** A value of the field's form that its check accepts. */
function valueOf(field: Field): fc.Arbitrary<unknown> {
  switch (field.form) {
    case 'text':
      return fc
        .constantFrom('no', '1', '0-1', '5s', '/a', 'tcp', 'bind', 'always', 'QQ==', '0400')
        .filter((text) => field.check?.(text) === undefined);
    case 'integer':
      return fc.integer({ min: 0, max: 9 }).filter((number) => field.check?.(number) === undefined);
    case 'flag':
      return fc.boolean();
    case 'texts':
    case 'set':
      return fc.uniqueArray(fc.constantFrom('A=1', 'B=2', 'C=3'), { maxLength: 3 });
    case 'table':
      return fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2'));
    case 'object':
      return valuesOf(field.fields);
    case 'objects':
      return fc.array(valuesOf(field.fields), { maxLength: 3 });
  }
}

function valuesOf(fields: Fields): fc.Arbitrary<Record<string, unknown>> {
  const required = Object.keys(fields).filter((name) => fields[name]?.isRequired === true);
  const values = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, valueOf(field)]));
  return fc.record(values, { requiredKeys: required });
}

const container = valuesOf(CONTAINER_FIELDS).map((values) => checked(CONTAINER_FIELDS, values));

function checked(fields: Fields, values: PropertyMap): PropertyMap {
  const result = checkProperties(fields, values);
  expect(result.failures).toEqual([]);
  return result.values;
}

/** With the lists that have no order turned round. */
function shuffled(fields: Fields, values: PropertyMap): PropertyMap {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const field = fields[name];
      const hasNoOrder = field?.form === 'set' || field?.form === 'objects';
      return [name, hasNoOrder ? [...(value as unknown[])].reverse() : value];
    }),
  );
}

describe('the difference between a state and inputs', () => {
  it('finds for each one its own counterpart, also for one that says less than another', () => {
    const ports = [{ internal: 8, external: 1 }, { internal: 8 }];
    const both = checkProperties(CONTAINER_FIELDS, { name: 'c', image: 'i', ports }).values;
    const turned = { ...both, ports: [...(both.ports as object[])].reverse() };
    expect(compareProperties(CONTAINER_FIELDS, both, turned)).toEqual([]);
    expect(compareProperties(CONTAINER_FIELDS, both, both)).toEqual([]);
    const other = checkProperties(CONTAINER_FIELDS, {
      ...{ name: 'c', image: 'i' },
      ports: [{ internal: 8, external: 2 }, { internal: 8 }],
    }).values;
    expect(compareProperties(CONTAINER_FIELDS, both, other)).not.toEqual([]);
  });

  it('is none where they are the same, in whatever order', () => {
    fc.assert(
      fc.property(container, (values) => {
        expect(compareProperties(CONTAINER_FIELDS, values, values)).toEqual([]);
        const other = shuffled(CONTAINER_FIELDS, values);
        expect(compareProperties(CONTAINER_FIELDS, values, other)).toEqual([]);
      }),
    );
  });

  it('names just what must be taken from the inputs for there to be none', () => {
    fc.assert(
      fc.property(container, container, (state, inputs) => {
        const changes = compareProperties(CONTAINER_FIELDS, state, inputs);
        const names = new Set(changes.map((change) => change.path.split('.')[0] ?? ''));
        const applied = Object.fromEntries(
          Object.keys(CONTAINER_FIELDS).map((name) => [name, names.has(name) ? inputs[name] : state[name]]),
        );
        expect(compareProperties(CONTAINER_FIELDS, applied, inputs)).toEqual([]);
        for (const name of names) {
          const left = { ...applied, [name]: state[name] };
          expect(compareProperties(CONTAINER_FIELDS, left, inputs)).not.toEqual([]);
        }
      }),
    );
  });

  it("replaces just for what Docker can't change", () => {
    fc.assert(
      fc.property(container, container, (state, inputs) => {
        for (const { path: property, isReplacement, kind } of compareProperties(
          CONTAINER_FIELDS,
          state,
          inputs,
        )) {
          const field = CONTAINER_FIELDS[property.split('.')[0] ?? ''];
          const isTakenAway = field?.removal === 'replace' && (kind === 'delete' || !inputs[property]);
          expect(isReplacement).toBe(field?.effect === 'replace' || isTakenAway);
        }
      }),
    );
  });

  it('is there for one more or one less of anything', () => {
    fc.assert(
      fc.property(container, (values) => {
        const lists = Object.entries(values).filter(([, value]) => Array.isArray(value) && value.length > 0);
        for (const [name, value] of lists as [string, unknown[]][]) {
          const isRepeated = value.slice(1).some((item) => canonicalJson(item) === canonicalJson(value[0]));
          if (isRepeated && CONTAINER_FIELDS[name]?.form === 'set') continue;
          const fewer = { ...values, [name]: value.slice(1) };
          for (const [before, after] of [
            [values, fewer],
            [fewer, values],
          ] as const) {
            const changes = compareProperties(CONTAINER_FIELDS, before, after);
            expect(changes.map((change) => change.path)).toEqual([name]);
          }
        }
      }),
    );
  });

  it('is told by the part of an object that it is in', () => {
    const healthcheck = { tests: ['CMD', 'a'], interval: '1s' };
    const base = checked(CONTAINER_FIELDS, { name: 'c', image: 'i', healthcheck });
    const other = checked(CONTAINER_FIELDS, {
      name: 'c',
      image: 'i',
      healthcheck: { ...healthcheck, interval: '2s' },
    });
    expect(compareProperties(CONTAINER_FIELDS, base, other)).toEqual([
      { path: 'healthcheck.interval', kind: 'update', isReplacement: true },
    ]);
  });

  it('is none for a port that Docker chose', () => {
    const state = {
      ...checked(CONTAINER_FIELDS, { name: 'c', image: 'i' }),
      ports: [{ internal: 1, external: 32768, ip: '0.0.0.0', protocol: 'tcp' }],
    };
    const inputs = checked(CONTAINER_FIELDS, { name: 'c', image: 'i', ports: [{ internal: 1 }] });
    expect(compareProperties(CONTAINER_FIELDS, state, inputs)).toEqual([]);
  });
});

describe('inputs', () => {
  it.each([
    [{ gpus: 'all' }, 'gpus', 'is not known to Warren'],
    [{ ports: [{ internal: 80, colour: 'red' }] }, 'ports[0].colour', 'is not known to Warren'],
    [{ ports: [{ external: 80 }] }, 'ports[0].internal', 'is missing'],
    [{ ports: [{ internal: 99_999 }] }, 'ports[0].internal', 'must be a port from 1 to 65535'],
    [{ memory: '1g' }, 'memory', 'must be a whole number'],
    [{ restart: 'sometimes' }, 'restart', 'must be no, on-failure, always or unless-stopped'],
    [{ envs: ['A'] }, 'envs[0]', 'must be NAME=VALUE'],
    [{ healthcheck: { interval: '1 minute' } }, 'healthcheck.interval', 'must be a duration'],
    [{ uploads: [{ file: 'a', content: 'b' }] }, 'uploads[0].file', 'must be an absolute path'],
    [{ labels: 'x' }, 'labels', 'must be a list, not a string'],
  ])('that are wrong are told by name: %j', (values, property, reason) => {
    const { failures } = checkProperties(CONTAINER_FIELDS, { name: 'c', image: 'i', ...values });
    expect(failures).toEqual([{ property, reason: expect.stringContaining(reason) as string }]);
  });

  it('have one content per uploaded file, and networks in one place', () => {
    const faultsOf = (values: PropertyMap) =>
      containerType.complete?.(checked(CONTAINER_FIELDS, { name: 'c', image: 'i', ...values })).failures;
    expect(faultsOf({ uploads: [{ file: '/a' }] })).toMatchObject([{ property: 'uploads[0]' }]);
    expect(faultsOf({ uploads: [{ file: '/a', content: 'b', source: 'c' }] })).toHaveLength(1);
    const uploads = [{ file: '/a', content: 'b' }];
    expect(faultsOf({ readOnly: true, uploads })).toMatchObject([{ property: 'uploads' }]);
    expect(faultsOf({ networkMode: 'host', networksAdvanced: [{ name: 'n' }] })).toHaveLength(1);
    expect(faultsOf({ uploads })).toEqual([]);
  });
});

describe('the state of the genuine plugin', () => {
  const typeOf = (token: string): DockerType => {
    const found = TYPES.find((type) => type.token === token);
    if (found === undefined) throw new Error(token);
    return found;
  };

  it.each(Object.entries(genuine))('is gone on with, and nothing is to be changed: %s', (_name, resource) => {
    const type = typeOf(resource.type);
    const state = readState(type, resource.outputs);
    const inputs = checked(type.fields, resource.inputs);
    expect(compareProperties(type.fields, type.compared?.(state) ?? state, inputs)).toEqual([]);
  });

  it("is refused where something is in it that this plugin doesn't know", () => {
    const { outputs } = genuine.c;
    expect(() => readState(containerType, { ...outputs, gpus: 'all' })).toThrow('it has `gpus`');
    const volumes = [{ containerPath: '/a', selinuxRelabel: 'z' }];
    expect(() => readState(containerType, { ...outputs, volumes })).toThrow(
      '`volumes[0].selinuxRelabel` is not known',
    );
    const __meta = JSON.stringify({ schema_version: '3' });
    expect(() => readState(containerType, { ...outputs, __meta })).toThrow('its form is 3, not 2');
  });

  it('is told from ours, whose later forms are refused', () => {
    const state = stamped(networkType, { name: 'n' });
    expect(state).toEqual({ name: 'n', __meta: '{"schema_version":"1","warren":1}' });
    expect(readState(networkType, state)).toMatchObject({ name: 'n' });
    const __meta = JSON.stringify({ schema_version: '1', warren: 2 });
    expect(() => readState(networkType, { ...state, __meta })).toThrow('a newer Warren wrote it');
  });
});

describe('durations', () => {
  it('are read and written as Go does', () => {
    expect(nanosecondsOf('1m30s')).toBe(90e9);
    expect(nanosecondsOf('500ms')).toBe(5e8);
    expect([0, 5e8, 90e9, 3_661e9, 1.5e9].map(durationText)).toEqual([
      '0s',
      '500ms',
      '1m30s',
      '1h1m1s',
      '1.5s',
    ]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), (milliseconds) => {
        expect(nanosecondsOf(durationText(milliseconds * 1e6))).toBe(milliseconds * 1e6);
      }),
    );
  });
});

describe('names of images', () => {
  it.each([
    ['rabbitmq', 'rabbitmq', 'latest'],
    ['rabbitmq:4.3-management', 'rabbitmq', '4.3-management'],
    ['localhost:5000/a/b', 'localhost:5000/a/b', 'latest'],
    ['localhost:5000/a/b:1', 'localhost:5000/a/b', '1'],
    ['a@sha256:12', 'a', 'sha256:12'],
  ])('%s', (name, repository, tag) => {
    expect(splitName(name)).toEqual({ repository, tag });
  });
});

describe('the digest of a build context', () => {
  it('is another one for another content, name or mode, and the same for what is ignored', () => {
    const files = {
      Dockerfile: 'FROM a',
      '.dockerignore': '**/*.log\n!keep.log',
      code: '1',
      'keep.log': '1',
    };
    for (const [name, content] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), content);
    const context = { folder, dockerfile: path.join(folder, 'Dockerfile') };
    const digests = [contextDigest(context)];
    const note = (): number => digests.push(contextDigest(context));
    fs.writeFileSync(path.join(folder, 'other.log'), '1');
    expect(contextDigest(context)).toBe(digests[0]);
    // Another umask when it was checked out.
    fs.chmodSync(path.join(folder, 'code'), 0o664);
    expect(contextDigest(context)).toBe(digests[0]);
    fs.writeFileSync(path.join(folder, 'code'), '2');
    note();
    fs.chmodSync(path.join(folder, 'code'), 0o755);
    note();
    fs.renameSync(path.join(folder, 'code'), path.join(folder, 'code2'));
    note();
    fs.writeFileSync(path.join(folder, 'keep.log'), '2');
    note();
    expect(new Set(digests).size).toBe(digests.length);
  });
});

describe('what goes into and comes out of a container', () => {
  it('is an archive of the uploaded files', async () => {
    const uploads = [
      { file: '/run/secret', content: 'hush', permissions: '0400' },
      { file: '/bin/x', contentBase64: 'AAEC', executable: true },
    ];
    const archive = await archiveOf({ name: 'c', uploads });
    const text = archive?.toString('latin1') ?? '';
    expect(text).toContain('run/secret');
    expect(text).toContain('hush');
    expect(text).toContain('\0\x01\x02');
    expect(text).toContain('000400');
    expect(await archiveOf({ name: 'c' })).toBeUndefined();
  });

  it('is a log in pieces, cut anywhere', () => {
    const frame = (text: string): Buffer => {
      const head = Buffer.alloc(8);
      head.writeUInt8(1, 0);
      head.writeUInt32BE(Buffer.byteLength(text), 4);
      return Buffer.concat([head, Buffer.from(text)]);
    };
    const raw = Buffer.concat([frame('grün'), frame('\nund blau\n')]);
    expect(textOfFrames(raw)).toBe('grün\nund blau\n');
    expect(textOfFrames(raw.subarray(0, raw.length - 3))).toBe('grün\nund bl');
    expect(textOfFrames(Buffer.alloc(0))).toBe('');
  });

  it('shows no secret, nor a part of one', () => {
    const values = { envs: ['PASSWORD=hush hush', 'A=1'], file: 'first line\nsecond line', name: 'c' };
    const redact = redacting([encode(values, new Set(['envs', 'file']))]);
    expect(redact('it says hush hush, second line, and c')).toBe('it says [secret], [secret], and c');
  });
});
