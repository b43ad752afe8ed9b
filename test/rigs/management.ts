/** The few calls of RabbitMQ's management API that the rigs need; kept apart from broker/, which the tests test. */

export interface ManagementLogin {
  readonly managementPort: number;
  readonly username: string;
  readonly password: string;
}

/**
 * One request to the management API.
 * @param apiPath below `/api/`, with its names already encoded
 * @throws Error with method, path, status and the broker's answer when that isn't 2xx
 */
export async function callManagement<T = unknown>(
  login: ManagementLogin,
  method: 'GET' | 'PUT' | 'DELETE' | 'POST',
  apiPath: string,
  body?: unknown,
): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${login.managementPort}/api/${apiPath}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} /api/${apiPath}: HTTP ${response.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** Whether this login is answered now; false for a broker that isn't there (yet). */
export async function canLogIn(login: ManagementLogin): Promise<boolean> {
  try {
    await callManagement(login, 'GET', 'whoami');
    return true;
  } catch {
    return false;
  }
}
