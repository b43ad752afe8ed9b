import { describe, expect, it } from 'vitest';
import { readKubernetesSettings } from '../../../k8s/settings';
import { PlatformSettingsError } from '../../../platform/reads';

describe('warren:kubernetes', () => {
  it('needs nothing to have a cluster', () => {
    expect(readKubernetesSettings({ cluster: {} })).toMatchObject({
      createNamespace: true,
      cluster: { by: 'operator', storage: '10Gi', memory: '2Gi', access: 'portForward' },
      keda: { pollingIntervalMs: 10_000 },
    });
  });

  it.each([
    [{ cluster: { memory: '2GiB' } }, /kubernetes\.cluster\.memory must be a quantity/],
    [{ cluster: { by: 'helm' } }, /kubernetes\.cluster\.by must be one of operator, statefulSet/],
    [{ cluster: { tls: { secret: 'a' } } }, /kubernetes\.cluster\.tls needs ca/],
    [{ cluster: { tls: { secret: 'a', issuer: 'b', ca: 'c' } } }, /says more than one of/],
    [{ cluster: { tls: { ca: 'c' } } }, /is for a Secret or an issuer/],
    [{ cluster: { networkPolicy: { cidrs: ['10.0.0.0/33'] } } }, /cidrs must be a list of address ranges/],
    [{ cluster: { networkPolicy: { cidrs: ['10.0.0.1'] } } }, /cidrs must be a list of address ranges/],
    [{ cluster: { access: 'https://u:p@host' } }, /must be portForward, inside, or the URL/],
    [{ namespace: 'My_Shop' }, /kubernetes\.namespace must be a name of small letters/],
    [{ workers: { mail: { runAsUser: 0 } } }, /a user who is not root/],
    [{ workers: { mail: { prob: false } } }, /Did you mean kubernetes\.workers\.mail\.probe/],
    [{ workers: { mail: { hpa: {} } } }, /kubernetes\.workers\.mail\.hpa needs cpu/],
    [{ workers: { mail: { hpa: { cpu: 5000 } } } }, /from 1 to 1000/],
    [{ cluster: { tls: { handOver: { file: 'ca.pem' } } } }, /tls\.handOver needs a file/],
    [{ keda: { pollingInterval: 'soon' } }, /must be a duration/],
  ])('refuses %j', (value, message) => {
    expect(() => readKubernetesSettings(value)).toThrow(message);
    expect(() => readKubernetesSettings(value)).toThrow(PlatformSettingsError);
  });
});
