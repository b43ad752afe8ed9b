/**
 * The certificate that the scaler, KEDA and the workers' probes show a broker that is there already: previews, without
 * that broker, a Docker Engine and Kubernetes, say where it goes, and where it would be missing. Its key shows nowhere.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { Authority, opensslObstacle, type Certificate } from '../faults/certificates';
import { PulumiWorkspace, type PulumiRun } from '../rigs/pulumi';

const OFFLINE = path.resolve(__dirname, '../../provider/offline');
const TOPOLOGY = `warren: 1
vhosts: { shop: { queues: { paid: { maxLength: 5 } } } }
users: { till: { roles: { shop: { consumer: [paid] } } } }
workers: { tills: { vhost: shop, user: till, queues: [paid], command: [till], autoscale: { min: 0, max: 4 } } }
`;
const NOBODY = '127.0.0.1:9';
const KUBECONFIG = {
  ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'c' },
  clusters: [{ name: 'c', cluster: { server: `https://${NOBODY}` } }],
  users: [{ name: 'c', user: { token: 't' } }],
  contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
};
const WORKERS = { workers: { '*': { image: 'till' } } };
const PLATFORMS: Readonly<Record<string, object>> = {
  docker: { network: 'n', ...WORKERS },
  kubernetes: { kubeconfig: 'kubeconfig', ...WORKERS },
};

const obstacle = opensslObstacle();
const title = 'a certificate for who asks from containers';

describe.skipIf(obstacle !== undefined)(
  obstacle === undefined ? title : `${title} [skipped: ${obstacle}]`,
  () => {
    let workspace: PulumiWorkspace;
    let ours: Authority;
    let client: Certificate;

    beforeEach(async () => {
      workspace = new PulumiWorkspace({
        stack: 'test',
        env: {
          PATH: [inject('engineFolder'), process.env.PATH ?? '', OFFLINE].join(path.delimiter),
          DOCKER_HOST: `tcp://${NOBODY}`,
        },
      });
      const topology = inWorkspace('topology.yaml');
      fs.writeFileSync(topology, TOPOLOGY);
      fs.writeFileSync(inWorkspace('kubeconfig'), JSON.stringify(KUBECONFIG));
      ours = new Authority(inWorkspace('authority'));
      client = ours.issue({ subject: 'scaler' });
      const there = { endpoint: 'https://broker.invalid:15671', amqp: 'amqp://broker.invalid' };
      await workspace.initWithSeed({ ...there, topology, target: '4.3' });
    });
    afterEach(() => {
      workspace.dispose();
    });

    const inWorkspace = (name: string): string => path.join(workspace.folder, name);

    async function preview(
      platform: string,
      config: Readonly<Record<string, unknown>>,
      ...args: readonly string[]
    ): Promise<PulumiRun> {
      const kubeconfig = platform === 'kubernetes' ? { kubeconfig: inWorkspace('kubeconfig') } : {};
      workspace.setConfig({ ...config, [platform]: { ...PLATFORMS[platform], ...kubeconfig } });
      const run = await workspace.preview('--diff', ...args);
      expect(run.exitCode, run.output).toBe(0);
      return run;
    }

    it.each(Object.keys(PLATFORMS))('is handed over on %s, and its key is seen nowhere', async (platform) => {
      const files = { scalerClientcertFile: client.certFile, scalerClientkeyFile: client.keyFile };
      const both = [client.certFile, client.keyFile].map(lineOf);
      const shown = await preview(platform, files, '--show-secrets');
      expect(both.filter((line) => shown.output.includes(line))).toEqual(both);
      const plan = inWorkspace('plan.json');
      const { output } = await preview(platform, files, '--save-plan', plan);
      expect(output).not.toContain('is for `up` alone');
      const seen = `${output}${fs.readFileSync(plan, 'utf8')}`;
      expect(seen).toContain('warren-scaler-g1');
      expect(both.filter((line) => seen.includes(line))).toEqual([]);
    });

    it.each(Object.keys(PLATFORMS))('is missed on %s where only `up` has one', async (platform) => {
      const own = { clientcertFile: client.certFile, clientkeyFile: client.keyFile };
      const { output } = await preview(platform, { ...own, insecure: true, cacertFile: ours.certFile });
      expect(output).toMatch(
        /warning: clientcertFile is for `up` alone: .* scalerClientcertFile FILE --stack/,
      );
      expect(output).toMatch(/warning: insecure .* will check it by cacertFile/);
    });
  },
);

/** Of the middle of a PEM file: the same however its line breaks are written. */
function lineOf(file: string): string {
  const line = fs.readFileSync(file, 'utf8').split('\n')[1];
  if (line === undefined || line.length < 40) throw new Error(`no PEM in ${file}`);
  return line;
}
