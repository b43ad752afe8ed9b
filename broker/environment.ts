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
