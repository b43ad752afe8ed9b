import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SettingsError, parseEndpoint, readTlsOptions } from '../../broker/api/endpoint';

function settingsError(work: () => unknown): SettingsError {
  try {
    work();
  } catch (error) {
    if (error instanceof SettingsError) return error;
  }
  throw new Error('no SettingsError was thrown');
}

describe('the endpoint', () => {
  it.each([
    ['http://127.0.0.1:15672', 'http://127.0.0.1:15672', ''],
    ['http://127.0.0.1:15672/', 'http://127.0.0.1:15672', ''],
    ['https://host/rabbit/mq/', 'https://host/rabbit/mq', '/rabbit/mq'],
    ['http://host:15672/api', 'http://host:15672', ''],
    ['http://host/prefix/api/', 'http://host/prefix', '/prefix'],
    [' http://[::1]:15672 ', 'http://[::1]:15672', ''],
  ])('%s', (given, display, pathPrefix) => {
    expect(parseEndpoint(given)).toMatchObject({ display, pathPrefix });
  });

  it.each(['', 'not a url', '127.0.0.1:15672', 'amqp://host', 'http://'])('refuses %j', (given) => {
    const error = settingsError(() => parseEndpoint(given));
    expect(error.setting).toBe('endpoint');
    expect(error.message).toContain('http://127.0.0.1:15672');
  });

  it('refuses credentials in it without repeating them', () => {
    const error = settingsError(() => parseEndpoint('http://someone:hidden@host:1'));
    expect(error.message).toContain('`username` and `password`');
    expect(error.message).not.toMatch(/someone|hidden/);
  });

  it.each([
    'http://someone:12#hidden@host',
    'http://someone:12/hidden@host',
    'http://someone:hid#den@host:1',
  ])('refuses a password that ends the host, and repeats nothing of it: %s', (given) => {
    const error = settingsError(() => parseEndpoint(given));
    expect(error.message).not.toMatch(/someone|12#|hid|den/);
  });
});

describe('TLS files', () => {
  it('names the setting and the file that is missing', () => {
    const error = settingsError(() => readTlsOptions({ cacertFile: '/nowhere/ca.pem' }));
    expect(error.setting).toBe('cacertFile');
    expect(error.message).toBe("cacertFile: the file /nowhere/ca.pem can't be read (ENOENT).");
  });

  it('wants PEM, and the key together with the certificate', () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'warren-test-')), 'x.pem');
    fs.writeFileSync(file, 'nothing of the kind');
    expect(settingsError(() => readTlsOptions({ cacertFile: file })).message).toContain('no PEM block');
    expect(settingsError(() => readTlsOptions({ clientcertFile: file })).setting).toBe('clientkeyFile');
    expect(settingsError(() => readTlsOptions({ clientkeyFile: file })).setting).toBe('clientcertFile');
  });

  it('accepts any certificate only when told so', () => {
    expect(readTlsOptions({})).toEqual({});
    expect(readTlsOptions({ insecure: true })).toEqual({ rejectUnauthorized: false });
  });
});
