/** TCP ports on 127.0.0.1 that nobody listens on. */
import * as net from 'node:net';

// Below the range from which systems take ports for outgoing connections, so that none of those can
// snatch the port between our look and the server's start.
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_000;
const ATTEMPTS = 200;

/** By this process: who was told of one may not listen there yet. */
const given = new Set<number>();

/** Whether a server could listen on this port of 127.0.0.1 now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

/**
 * Different free ports of 127.0.0.1.
 * @throws Error when none can be found, which means that this system lets nobody listen
 */
export async function findFreePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let attempt = 0; attempt < ATTEMPTS && found.size < count; attempt++) {
    const port = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT));
    if (given.has(port) || !(await isPortFree(port))) continue;
    given.add(port);
    found.add(port);
  }
  if (found.size < count) {
    throw new Error(
      `No free TCP port on 127.0.0.1 between ${LOWEST_PORT} and ${HIGHEST_PORT} (${ATTEMPTS} tried). ` +
        'Does this system allow listening on 127.0.0.1?',
    );
  }
  return [...found];
}
