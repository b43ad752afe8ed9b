import { describe, expect, it } from 'vitest';
import { DockerSettingsError, readDockerSettings, settingsOfFleet } from '../../../docker/settings';

it('a cluster needs nothing said', () => {
  expect(readDockerSettings({ cluster: {} }).cluster).toEqual({
    haproxyImage: 'haproxy:3.0',
    address: '127.0.0.1',
    managementAddress: '127.0.0.1',
    amqpPort: 5672,
    managementPort: 15_672,
    amqpsPort: 5671,
    keepVolumes: false,
  });
  expect(readDockerSettings({ cluster: null, workers: { a: null } }).workers).toEqual({ a: {} });
});

it.each([
  [{ clutser: {} }, /docker has the key clutser, .* Did you mean docker\.cluster\?/],
  [{ cluster: { memory: '1 XB' } }, /docker\.cluster\.memory must be a size, e\.g\. .* not "1 XB"/],
  [{ cluster: { memory: '1MB' } }, /docker\.cluster\.memory must be a size/],
  [{ cluster: { amqpPort: 70_000 } }, /docker\.cluster\.amqpPort must be a port from 1 to 65535, not 70000/],
  [{ cluster: { keepVolumes: 'yes' } }, /docker\.cluster\.keepVolumes must be true or false, not "yes"/],
  [{ cluster: { tls: { ca: 'ca.pem' } } }, /docker\.cluster\.tls needs three PEM files/],
  [{ workers: { a: { image: 'x', build: 'y' } } }, /docker\.workers\.a has both an image and a build/],
  [{ workers: { a: { build: {} } } }, /docker\.workers\.a\.build says no context/],
  [
    { workers: { a: { urlVariable: '1X' } } },
    /docker\.workers\.a\.urlVariable must be the name of an environment/,
  ],
  [
    { workers: { a: { hosts: ['b'] } } },
    /docker\.workers\.a\.hosts names "b", which is not in docker\.hosts/,
  ],
  [{ workers: [] }, /docker\.workers must be a table, not \[\]/],
  ['cluster', /docker must be a table, not "cluster"/],
])('refuses %j', (value, message) => {
  expect(() => readDockerSettings(value)).toThrow(DockerSettingsError);
  expect(() => readDockerSettings(value)).toThrow(message);
});

describe('settings of a fleet', () => {
  const settings = readDockerSettings({
    workers: { '*': { build: './app', cpus: 2, memory: '1GiB' }, own: { image: 'other', cpus: 1 } },
  });

  it('are those of all where it says nothing', () => {
    expect(settingsOfFleet(settings, 'any')).toEqual({
      build: { context: './app', args: {} },
      cpus: 2,
      memoryBytes: 2 ** 30,
    });
  });

  it('take its own over those of all; another image builds nothing', () => {
    expect(settingsOfFleet(settings, 'own')).toEqual({ image: 'other', cpus: 1, memoryBytes: 2 ** 30 });
  });
});
