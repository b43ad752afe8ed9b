/** The environment variables that say where a broker is and who we are there, as the bridged provider has them. */
export const BROKER_VARIABLES = {
  endpoint: 'RABBITMQ_ENDPOINT',
  username: 'RABBITMQ_USERNAME',
  password: 'RABBITMQ_PASSWORD',
  cacertFile: 'RABBITMQ_CACERT',
  clientcertFile: 'RABBITMQ_CLIENTCERT',
  clientkeyFile: 'RABBITMQ_CLIENTKEY',
  insecure: 'RABBITMQ_INSECURE',
  proxy: 'RABBITMQ_PROXY',
} as const;

/**
 * Holds the name of a stack that adopts what is on its broker: what the program and the providers do then ends in the
 * state, and nothing is sent that could change the broker. Set by `warren import --adopt`.
 */
export const ADOPTING_VARIABLE = 'WARREN_ADOPTING';

export function isAdopting(environment: NodeJS.ProcessEnv): boolean {
  return (environment[ADOPTING_VARIABLE] ?? '') !== '';
}
