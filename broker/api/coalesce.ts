/**
 * One read for all who ask at the same time. Nobody gets an answer whose reading began before they asked, so what is
 * shared is never older than what each would have read alone.
 */
import type { Broker } from './transport';

interface Reading {
  readonly running: Promise<unknown>;
  next?: Promise<unknown>;
}

const readings = new WeakMap<Broker, Map<string, Reading>>();

export function readTogether<T>(broker: Broker, key: string, read: () => Promise<T>): Promise<T> {
  const ofBroker = readings.get(broker) ?? new Map<string, Reading>();
  readings.set(broker, ofBroker);
  const start = (): Promise<unknown> => {
    const running = read();
    const reading: Reading = { running };
    ofBroker.set(key, reading);
    const done = (): void => {
      if (reading.next === undefined && ofBroker.get(key) === reading) ofBroker.delete(key);
    };
    running.then(done, done);
    return running;
  };
  const current = ofBroker.get(key);
  if (current === undefined) return start() as Promise<T>;
  current.next ??= current.running.then(start, start);
  return current.next as Promise<T>;
}
