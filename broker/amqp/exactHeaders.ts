/**
 * The headers of a message so that it can be sent again with the same ones. The client library makes JavaScript's
 * numbers of all numbers: a whole one of 64 bits may be another one then, 5 as a long comes out as a byte, and some
 * fractions can't be written again at all. So what came over the wire is kept, and read once more when it is asked for,
 * each value with its type.
 */
import type { ChannelModel } from 'amqplib';

/** For the library: a value, or `{ '!': type, value }`. */
export type ExactHeaders = Readonly<Record<string, unknown>>;

/** By the headers that the library hands out. */
const wires = new WeakMap<object, Buffer>();

interface Frames {
  readonly rest: Buffer;
  recvFrame(): unknown;
}

interface HeaderFrame {
  readonly fields?: { readonly headers?: object };
}

/** From now on, of all messages that come by this connection. */
export function keepExactHeaders(connection: ChannelModel): void {
  const frames = connection.connection as unknown as Frames;
  const receive = frames.recvFrame.bind(frames);
  frames.recvFrame = () => {
    const { rest } = frames;
    const frame = receive();
    const headers = (Object(frame) as HeaderFrame).fields?.headers;
    const wire = headers === undefined ? undefined : tableIn(rest);
    if (headers !== undefined && wire !== undefined) wires.set(headers, wire);
    return frame;
  };
}

/** What the library can't write: a text that isn't UTF-8, and more than the room that it has (64 KiB). */
export type Unwritable = 'not UTF-8' | 'too large';

/** @param headers as the library has handed them out, by a connection whose headers are kept */
export function exactHeaders(headers: object | undefined): ExactHeaders | Unwritable {
  const wire = headers === undefined ? undefined : wires.get(headers);
  if (wire === undefined) return { ...headers };
  if (wire.length > TABLE_BYTES_MAX) return 'too large';
  try {
    return new TableReader(wire).table(wire.length);
  } catch {
    return 'not UTF-8';
  }
}

/** With room for what is added. */
const TABLE_BYTES_MAX = 65_000;

/** As the library would hand it out: to compare with what comes back. */
export function asHandedOut(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  if (Array.isArray(value)) return value.map(asHandedOut);
  if (Object.hasOwn(value, '!')) {
    const { '!': type, value: inner } = value as { readonly '!': string; readonly value: unknown };
    const number = typeof inner === 'bigint' ? Number(inner) : inner;
    return type === 'timestamp' || type === 'decimal' ? { '!': type, value: number } : number;
  }
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, asHandedOut(one)]));
}

const HEADER_FRAME = 2;
const FRAME_START_BYTES = 7;
/** Class, weight and the length of the body. */
const BEFORE_FLAGS_BYTES = 12;
const HAS_CONTENT_TYPE = 0x8000;
const HAS_CONTENT_ENCODING = 0x4000;
const HAS_HEADERS = 0x2000;

/** The table of headers in the frame with which these bytes begin; a copy, since the bytes are a large buffer's. */
function tableIn(bytes: Buffer): Buffer | undefined {
  if (bytes.length < FRAME_START_BYTES || bytes[0] !== HEADER_FRAME) return undefined;
  // Else it was received meanwhile, and noted then.
  if (bytes.length < FRAME_START_BYTES + bytes.readUInt32BE(3)) return undefined;
  let at = FRAME_START_BYTES + BEFORE_FLAGS_BYTES;
  const flags = bytes.readUInt16BE(at);
  at += 2;
  if ((flags & HAS_HEADERS) === 0) return undefined;
  for (const flag of [HAS_CONTENT_TYPE, HAS_CONTENT_ENCODING]) {
    if ((flags & flag) !== 0) at += 1 + bytes.readUInt8(at);
  }
  const length = bytes.readUInt32BE(at);
  return Buffer.from(bytes.subarray(at + 4, at + 4 + length));
}

const NUMBERS: ReadonlyMap<string, readonly [type: string, size: number, read: (at: Buffer) => unknown]> =
  new Map([
    ['b', ['int8', 1, (at) => at.readInt8()]],
    ['B', ['uint8', 1, (at) => at.readUInt8()]],
    ['s', ['int16', 2, (at) => at.readInt16BE()]],
    ['u', ['uint16', 2, (at) => at.readUInt16BE()]],
    ['I', ['int32', 4, (at) => at.readInt32BE()]],
    ['i', ['uint32', 4, (at) => at.readUInt32BE()]],
    ['l', ['int64', 8, (at) => at.readBigInt64BE()]],
    ['f', ['float', 4, (at) => at.readFloatBE()]],
    ['d', ['double', 8, (at) => at.readDoubleBE()]],
    ['T', ['timestamp', 8, (at) => at.readBigUInt64BE()]],
    ['D', ['decimal', 5, (at) => ({ places: at.readUInt8(), digits: at.readUInt32BE(1) })]],
  ]);

class TableReader {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  table(end: number): ExactHeaders {
    const entries: [string, unknown][] = [];
    while (this.#at < end) {
      const name = utf8(this.take(this.take(1).readUInt8()));
      entries.push([name, this.value()]);
    }
    return Object.fromEntries(entries);
  }

  private value(): unknown {
    const tag = String.fromCharCode(this.take(1).readUInt8());
    const number = NUMBERS.get(tag);
    if (number !== undefined) {
      const [type, size, read] = number;
      return { '!': type, value: read(this.take(size)) };
    }
    switch (tag) {
      case 'V':
        return null;
      case 't':
        return this.take(1).readUInt8() !== 0;
      case 'S':
        return utf8(this.take(this.length()));
      case 'x':
        return this.take(this.length());
      case 'F': {
        const length = this.length();
        return this.table(this.#at + length);
      }
      case 'A': {
        const length = this.length();
        const end = this.#at + length;
        const values: unknown[] = [];
        while (this.#at < end) values.push(this.value());
        return values;
      }
      default:
        throw new Error(`no type of AMQP: ${tag}`);
    }
  }

  private length(): number {
    return this.take(4).readUInt32BE();
  }

  private take(size: number): Buffer {
    const part = this.bytes.subarray(this.#at, this.#at + size);
    if (part.length < size) throw new Error('cut off');
    this.#at += size;
    return part;
  }
}

function utf8(bytes: Buffer): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}
