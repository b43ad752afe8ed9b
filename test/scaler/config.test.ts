/** The scaler's config file: its defaults, and what is said of each fault. */
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../scaler/readConfig';

const BROKER = { endpoint: 'http://rabbit:15672', usernameFile: 'user', passwordFile: '/run/password' };
const FLEET = {
  name: 'jobs',
  vhost: 'media',
  queues: ['jobs'],
  containers: ['jobs-1', 'jobs-2'],
  min: 0,
  max: 2,
};

function read(config: unknown): ReturnType<typeof readConfig> {
  return readConfig(JSON.stringify(config), '/etc/warren/scale.json');
}

function faultsOf(text: string): readonly string[] {
  try {
    readConfig(text, 'scale.json');
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

it('has defaults, and paths that begin at its folder', () => {
  const beat = { name: 'beat', containers: ['beat-1'], min: 1, max: 1 };
  expect(read({ broker: BROKER, fleets: [FLEET, beat] })).toEqual({
    broker: { ...BROKER, usernameFile: '/etc/warren/user' },
    docker: {},
    intervalMs: 2_000,
    fleets: [
      {
        ...FLEET,
        messagesPerReplica: 10,
        cooldownMs: 300_000,
        stopTimeoutSeconds: 30,
        startupMs: 60_000,
        health: 'consumers',
      },
      expect.objectContaining({ ...beat, queues: [], vhost: '' }),
    ],
  });
});

describe('of a config that can’t work', () => {
  const withFleet = (changes: object): string =>
    JSON.stringify({ broker: BROKER, fleets: [{ ...FLEET, ...changes }] });
  const place = '^scale\\.json:1:\\d+: ';

  it.each([
    ['', /^scale\.json: it is empty/],
    ['[]', /the file must be an object with broker, docker, intervalMs, fleets\./],
    ['{"fleets": []}', /the file lacks broker/],
    [
      JSON.stringify({ broker: { ...BROKER, clientcertFile: 'client.crt' }, fleets: [FLEET] }),
      /broker lacks clientkeyFile: a client certificate and its key go together\.$/,
    ],
    [withFleet({ min: -1 }), /fleets\[0\]\.min must be a whole number from 0/],
    [withFleet({ min: 3 }), /fleets\[0\]\.min is 3, more than max, which is 2\./],
    [withFleet({ max: 3 }), /fleets\[0\]\.max is 3, and there are 2 containers/],
    [withFleet({ max: undefined }), /fleets\[0\] lacks max/],
    [withFleet({ queues: [] }), /fleets\[0\] has no queues to follow/],
    [withFleet({ vhost: undefined }), /fleets\[0\] lacks vhost/],
    [withFleet({ cooldown: 5 }), /fleets\[0\]\.cooldown is not known here; did you mean cooldownMs\?/],
    [withFleet({ cooldownMs: '5s' }), /fleets\[0\]\.cooldownMs must be a whole number from 0/],
    [withFleet({ health: 'none' }), /fleets\[0\]\.health must be one of 'consumers', 'running'\./],
    [withFleet({ containers: ['jobs-1', 'jobs-1'] }), /containers\[1\] "jobs-1" stands here twice/],
    [withFleet({ containers: ['jobs-1', 'jobs/2'] }), /containers\[1\] "jobs\/2" can't be the name/],
  ])('%s, this is said', (text, message) => {
    const faults = faultsOf(text);
    expect(faults.join('\n')).toMatch(message);
    if (text !== '') expect(faults[0]).toMatch(new RegExp(place));
  });

  it('every fault is told, once, with its line and column', () => {
    const text = `{
  "broker": { "endpoint": "amqp://rabbit", "usernameFile": "u", "passwordFile": "p" },
  "intervalMs": 5,
  "fleets": [
    { "name": "a", "vhost": "/", "queues": ["q"], "containers": ["c-1"], "min": 0, "max": 1 },
    { "name": "a", "vhost": "/", "queues": ["q"], "containers": ["c-1"], "min": 0, "max": 1 }
  ]
}`;
    expect(faultsOf(text)).toEqual([
      expect.stringMatching(/^scale\.json:2:27: broker\.endpoint can't be used: .* http or https/),
      'scale.json:3:17: intervalMs must be a whole number from 100 to 86400000.',
      'scale.json:6:15: fleets[1].name "a" is the name of another fleet, too.',
      expect.stringMatching(/^scale\.json:6:66: fleets\[1\]\.containers\[0\] "c-1"/),
    ]);
  });

  it('broken JSON is told with its place', () => {
    expect(faultsOf('{\n  "broker": {,\n}')[0]).toMatch(/^scale\.json:\d+:\d+: /);
  });
});
