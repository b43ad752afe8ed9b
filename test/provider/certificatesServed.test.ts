/** The wait for certificates on Kubernetes, where the pods can't be asked: that they are is for the tests on Kubernetes. */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readInputs } from '../../provider/inputs';
import type { StepCall } from '../../provider/stepType';
import { makeAuthority } from '../../provider/warren/certificates/x509';
import { certificatesServedStep } from '../../provider/warren/steps/certificatesServed';

let server: http.Server;
let status = 403;
const asked: string[] = [];

beforeEach(async () => {
  server = http.createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
    response.end('{}');
  });
  server.on('upgrade', (request, socket) => {
    asked.push(request.url ?? '');
    socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => {
  asked.splice(0);
  server.close();
});

function pass(timeoutSeconds: number, isChange: boolean): Promise<void> {
  const { port } = server.address() as AddressInfo;
  const kubeconfig = JSON.stringify({
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c' } }],
    clusters: [
      { name: 'c', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
    ],
  });
  const { certificate } = makeAuthority('a', { days: 1, now: new Date() });
  const step = certificatesServedStep.parse(
    readInputs({
      ...{ kubeconfig, namespace: 'shop', statefulSet: 'rabbitmq-server', nodes: 1 },
      ...{ ports: [5671], certificate, file: '/tls.crt', timeoutSeconds },
    }),
    undefined,
  );
  const call = { warn: () => Promise.resolve(), status: () => undefined } as unknown as StepCall;
  return certificatesServedStep.pass(call, step, isChange ? step : undefined);
}

it('nodes that are new are not waited for where nobody may ask them', async () => {
  status = 403;
  await pass(0, false);
  expect(asked).toEqual(['/api/v1/namespaces/shop/pods/rabbitmq-server-0/portforward?ports=5671']);
});

it.each([
  [403, true, /the login may not connect to the pods \(create pods\/portforward\)/],
  [500, false, /rabbitmq-server-0 doesn't answer at 5671 \(.*500\)/],
])('what is in the way is told in the end: %d', async (answer, isChange, words) => {
  status = answer;
  await expect(pass(0, isChange)).rejects.toThrow(words);
});
