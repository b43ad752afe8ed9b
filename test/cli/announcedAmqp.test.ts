/** Where a command goes to AMQP when nobody says it: never with less than the management API has. */
import { describe, expect, it } from 'vitest';
import { displayOf } from '../../broker/amqp/address';
import { announcedAmqp } from '../../cli/announcedAmqp';

const BOTH = { amqp: 5672, amqps: 5671 };
const PLAIN = { amqp: 5672 };

describe('AMQP by the word of the broker', () => {
  it.each([
    ['https://rabbit.example.com:15671', BOTH, 'amqps://rabbit.example.com:5671'],
    ['https://rabbit.example.com', { amqps: 5671 }, 'amqps://rabbit.example.com:5671'],
    ['https://127.0.0.1:15671', BOTH, 'amqps://127.0.0.1:5671'],
    ['http://rabbit.example.com:15672', BOTH, 'amqp://rabbit.example.com:5672'],
    ['http://rabbit.example.com:15672', { amqps: 5671 }, 'amqps://rabbit.example.com:5671'],
    // The far end of a port-forward, or the machine itself.
    ['https://127.0.0.1:15671', PLAIN, 'amqp://127.0.0.1:5672'],
    ['https://localhost:15671', PLAIN, 'amqp://localhost:5672'],
    ['https://[::1]:15671', PLAIN, 'amqp://[::1]:5672'],
  ])('%s, %o: %s', (endpoint, ports, expected) => {
    expect(displayOf(announcedAmqp(endpoint, ports))).toBe(expected);
  });

  it.each(['https://rabbit.example.com:15671', 'https://127.example.com', 'https://10.0.0.7:15671'])(
    '%s: nothing in clear text, unless it is said',
    (endpoint) => {
      const { hostname } = new URL(endpoint);
      expect(() => announcedAmqp(endpoint, PLAIN)).toThrow(
        `Where clear text is meant: --amqp amqp://${hostname}:5672`,
      );
    },
  );

  it('nowhere', () => {
    expect(() => announcedAmqp('https://rabbit.example.com', {})).toThrow('names no port for AMQP');
  });
});
