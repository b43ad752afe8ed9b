/** Small HTTP and TCP servers that behave badly in one certain way. */
import * as http from 'node:http';
import * as net from 'node:net';
import type { AddressInfo } from 'node:net';

export interface TestServer {
  readonly url: string;
  readonly requests: string[];
  stop(): Promise<void>;
}

export async function httpServer(
  answer: (request: http.IncomingMessage, response: http.ServerResponse, count: number) => void,
): Promise<TestServer> {
  const requests: string[] = [];
  const server = http.createServer((request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    answer(request, response, requests.length);
  });
  await listen(server);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    stop: () => {
      server.closeAllConnections();
      return closed(server);
    },
  };
}

/** Accepts connections and never says anything. */
export async function silentServer(): Promise<TestServer> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => sockets.delete(socket));
  });
  await listen(server);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return closed(server);
    },
  };
}

/** A port that was just given back may soon be somebody else's: these are below those that are given out. */
const CLOSED_PORTS = [2, 3, 4, 5, 6, 8, 10];
let asked = 0;

/** A port that nobody listens on, now or later; another one each time, as long as there are some. */
export async function closedPort(): Promise<number> {
  const first = asked++ % CLOSED_PORTS.length;
  for (const port of [...CLOSED_PORTS.slice(first), ...CLOSED_PORTS.slice(0, first)]) {
    if (await isRefused(port)) return port;
  }
  throw new Error(`something listens on each of the ports ${CLOSED_PORTS.join(', ')}`);
}

function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => {
      resolve(true);
    });
  });
}

function listen(server: net.Server): Promise<void> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve();
    });
  });
}

function closed(server: net.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
