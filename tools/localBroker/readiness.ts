/** Asking a broker on 127.0.0.1 whether it is there. */
import * as http from 'node:http';
import * as net from 'node:net';

const TIMEOUT_MS = 2_000;

export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port, timeout: TIMEOUT_MS });
    const answer = (value: boolean) => {
      socket.destroy();
      resolve(value);
    };
    socket.once('connect', () => {
      answer(true);
    });
    socket.once('error', () => {
      answer(false);
    });
    socket.once('timeout', () => {
      answer(false);
    });
  });
}

/**
 * Whether a RabbitMQ management API answers. It asks for a login, which shows that it is up; no user is needed.
 * Not by `fetch`: while a port forwarder holds its connection open without an answer, Node 20 may see nothing left
 * to wait for and end the process.
 */
export function isManagementUp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = http.get(
      { host: '127.0.0.1', port, path: '/api/whoami', agent: false, timeout: TIMEOUT_MS },
      (response) => {
        response.resume();
        resolve(response.statusCode === 401);
      },
    );
    request.once('timeout', () => request.destroy());
    request.once('close', () => {
      resolve(false);
    });
    request.once('error', () => {
      resolve(false);
    });
  });
}
