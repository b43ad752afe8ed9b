/** The `warren` package's certificates: made by the provider, and kept in the state, their keys encrypted. */
import * as pulumi from '@pulumi/pulumi';

export interface AuthorityArgs {
  readonly commonName: pulumi.Input<string>;
  /** How long it lives. */
  readonly days: pulumi.Input<number>;
}

/** A certificate authority of the stack's own. */
export class Authority extends pulumi.CustomResource {
  /** PEM. */
  declare readonly certificate: pulumi.Output<string>;
  /** PEM, secret. */
  declare readonly key: pulumi.Output<string>;

  constructor(name: string, args: AuthorityArgs, options?: pulumi.CustomResourceOptions) {
    const outputs = { certificate: undefined, key: undefined };
    super('warren:index:Authority', name, { ...outputs, ...args }, withSecretKey(options));
  }
}

export interface CertificateArgs {
  readonly authorityCertificate: pulumi.Input<string>;
  readonly authorityKey: pulumi.Input<string>;
  /** DNS names of the server. */
  readonly names: pulumi.Input<string[]>;
  /** IP addresses of the server. */
  readonly addresses: pulumi.Input<string[]>;
  /** How long it lives; in the last third of that time an `up` makes another one. */
  readonly days: pulumi.Input<number>;
  /** Another number is another certificate, also before that. */
  readonly generation?: pulumi.Input<number>;
}

/** A server's certificate. */
export class Certificate extends pulumi.CustomResource {
  /** PEM. */
  declare readonly certificate: pulumi.Output<string>;
  /** PEM, secret. */
  declare readonly key: pulumi.Output<string>;

  constructor(name: string, args: CertificateArgs, options?: pulumi.CustomResourceOptions) {
    const outputs = { certificate: undefined, key: undefined };
    const inputs = { ...outputs, ...args, authorityKey: pulumi.secret(args.authorityKey) };
    super('warren:index:Certificate', name, inputs, withSecretKey(options));
  }
}

function withSecretKey(options: pulumi.CustomResourceOptions | undefined): pulumi.CustomResourceOptions {
  return pulumi.mergeOptions(options, { additionalSecretOutputs: ['key'] });
}
