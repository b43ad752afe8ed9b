/**
 * A resource's logical name is derived from the identity of its object on the broker: moving a line in the YAML or
 * reformatting it never makes Pulumi create and delete anything.
 */
import { canonicalJson, type BrokerObject } from '../topology/objects';

/** Unique among the objects of one kind; `::` and other separators of URNs are percent-encoded. */
export function logicalName(object: BrokerObject): string {
  switch (object.kind) {
    case 'vhost':
    case 'user':
    case 'globalParameter':
      return encodeURIComponent(object.name);
    case 'vhostLimits':
      return encodeURIComponent(object.vhost);
    case 'userLimits':
      return encodeURIComponent(object.user);
    case 'permissions':
    case 'topicPermissions':
      return path(object.vhost, object.user);
    case 'policy':
    case 'operatorPolicy':
    case 'exchange':
    case 'queue':
      return path(object.vhost, object.name);
    case 'parameter':
      return path(object.vhost, object.component, object.name);
    case 'binding': {
      const route = path(
        object.vhost,
        object.source,
        object.destinationType,
        object.destination,
        object.routingKey,
      );
      const isPlain = Object.keys(object.arguments).length === 0;
      return isPlain ? route : `${route}/${encodeURIComponent(canonicalJson(object.arguments))}`;
    }
  }
}

function path(...parts: readonly string[]): string {
  return parts.map(encodeURIComponent).join('/');
}
