import type { Expectation } from '../model';
import type { Path } from '../source/index';
import { asArguments, asRecord, asString, asStrings, defined, oneOf } from './values';

const EVENTS = ['rejected', 'expired', 'maxlen', 'delivery-limit'] as const;

export function buildExpectations(value: unknown, path: Path): Expectation[] {
  if (!Array.isArray(value)) return [];
  return value.map((item: unknown, index) => {
    const data = asRecord(item);
    const publish = asRecord(data.publish);
    return {
      path: [...path, index],
      exchange: asString(publish.exchange) ?? '',
      routingKey: asString(publish.routingKey) ?? '',
      headers: asArguments(publish.headers),
      after: asStrings(data.after).flatMap((event) => oneOf(event, EVENTS) ?? []),
      ...defined({
        vhost: asString(publish.vhost),
        reaches: data.reaches === undefined ? undefined : asStrings(data.reaches),
        endsIn: data.endsIn === undefined ? undefined : asStrings(data.endsIn),
      }),
    };
  });
}
