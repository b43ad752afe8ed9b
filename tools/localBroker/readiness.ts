/** Asking a broker on 127.0.0.1 whether it is there. */
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

/** Whether a RabbitMQ management API answers. It asks for a login, which shows that it is up; no user is needed. */
export async function isManagementUp(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/api/whoami`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.text();
    return response.status === 401;
  } catch {
    return false;
  }
}
