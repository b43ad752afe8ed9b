/** What can happen to a request on its way to a broker and back. */
import type * as http from 'node:http';
import type { Fault } from './interceptingProxy';

const REJECTED = '{"error":"not_authorized","reason":"Login failed"}';
const FORBIDDEN = '{"error":"not_authorised","reason":"Access refused."}';

export interface NamedFault {
  readonly name: string;
  readonly fault: Fault;
  /** How the failure is described. */
  readonly message: RegExp;
  /** The whole broker is out of reach, so that one description is enough for all resources. */
  readonly isOutage: boolean;
  /** When it happens once, it is tried again, and nobody hears of it. */
  readonly passes: boolean;
}

const answer =
  (status: number, body = '', headers: http.OutgoingHttpHeaders = {}): Fault =>
  (response) => {
    response.writeHead(status, headers).end(body);
  };

/** Begins the broker's real answer and announces more than comes. */
const half =
  (finish: (response: http.ServerResponse) => void): Fault =>
  async (response, ask) => {
    const { body } = await ask();
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length + 100 });
    response.write(Buffer.concat([body, Buffer.from('[')]), () => {
      finish(response);
    });
  };

const hang: Fault = () => undefined;

const passing = { isOutage: true, passes: true };
const lasting = { isOutage: true, passes: false };
const ofOneRequest = { isOutage: false, passes: false };

const BROKEN = /is not reachable \((ECONNRESET|UND_ERR_SOCKET|CUT_OFF)\): .*\. (Check|Look)/;
const SILENT = /did not answer within \d+(\.\d+)? s\. Look at the broker/;
const STRANGER = /is not RabbitMQ's management API \(.*\)\. Correct the endpoint/;

export const FAULTS: readonly NamedFault[] = [
  {
    name: 'the connection is reset before the broker hears of it',
    fault: (response) => void response.destroy(),
    message: BROKEN,
    ...passing,
  },
  {
    name: 'the connection is reset after the broker did it',
    fault: async (response, ask) => {
      await ask();
      response.destroy();
    },
    message: BROKEN,
    ...passing,
  },
  { name: 'no answer', fault: hang, message: SILENT, ...lasting },
  {
    name: 'no answer after the broker did it',
    fault: async (_response, ask) => {
      await ask();
    },
    message: SILENT,
    ...lasting,
  },
  { name: 'half an answer', fault: half(() => undefined), message: SILENT, ...lasting },
  {
    name: 'an answer that is cut off',
    fault: half((response) => void response.destroy()),
    message: BROKEN,
    ...passing,
  },
  {
    name: '401',
    fault: answer(401, REJECTED),
    message: /does not accept user .* Check the user name/,
    ...lasting,
  },
  {
    name: '403',
    fault: answer(403, FORBIDDEN),
    message: /may not do that .* administrator/,
    ...ofOneRequest,
  },
  { name: "a proxy's 404", fault: answer(404, '<html>'), message: STRANGER, ...lasting },
  { name: '429', fault: answer(429), message: /HTTP 429\)\. Look at its log/, ...passing },
  { name: '500', fault: answer(500), message: /HTTP 500\)\. Look at its log/, ...ofOneRequest },
  {
    name: '503 with Retry-After',
    fault: answer(503, 'busy', { 'retry-after': '0' }),
    message: /HTTP 503, come back in 0 s\)/,
    ...passing,
  },
  { name: "a proxy's 504", fault: answer(504, '<html>'), message: /HTTP 504\)/, ...passing },
  { name: 'a web page', fault: answer(200, '<html>'), message: STRANGER, ...lasting },
  { name: 'a redirect', fault: answer(302, '', { location: '/login' }), message: STRANGER, ...lasting },
];
