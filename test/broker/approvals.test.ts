import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  howToApprove,
  malformedApprovals,
  parseApprovals,
  subjectOfQueue,
  subjectOfVhost,
  verdictOn,
  type Loss,
} from '../../broker/guards/approvals';

const LOSS: Loss = {
  operation: 'delete',
  subject: 'queue orders@/prod',
  shape: ['quorum', true, false, {}],
  messages: 42,
  isInUse: false,
};

/** What a refusal tells the user to write: the name, and the name with its token. */
const told = (loss: Loss): { name: string; withToken: string } => {
  const [, name = '', withToken = ''] =
    /^`([^`]*)`, or for as long as it stays as it is with `([^`]*)` \(/s.exec(howToApprove(loss, 'none')) ??
    [];
  return { name, withToken };
};

it('are a list, or a text with commas or line breaks', () => {
  const approvals = parseApprovals(' queue a@/ ,vhost shop\nqueue x@y\n\n');
  expect([...approvals]).toEqual(['queue a@/', 'vhost shop', 'queue x@y']);
  expect(parseApprovals(undefined).size).toBe(0);
});

it('name an object exactly, all queues of a vhost, or everything', () => {
  const verdict = (...approvals: string[]): string => verdictOn(LOSS, parseApprovals(approvals));
  expect(verdict('queue orders@/prod')).toBe('approved');
  expect(verdict('queue *@/prod')).toBe('approved');
  expect(verdict('*')).toBe('approved');
  for (const other of [
    'queue order@/prod',
    'queue orders@/',
    'queue *@/',
    'vhost /prod',
    'recreate queue orders@/prod',
  ]) {
    expect(verdict(other)).toBe('none');
  }
});

it('of a deletion hold for a recreation, not the other way round', () => {
  const recreation: Loss = { ...LOSS, operation: 'recreate' };
  expect(verdictOn(recreation, parseApprovals(['queue orders@/prod']))).toBe('approved');
  expect(verdictOn(recreation, parseApprovals(['recreate queue *@/prod']))).toBe('approved');
  expect(verdictOn(LOSS, parseApprovals([told(recreation).withToken]))).toBe('none');
});

it('with a token end when the object changes, or more would be lost', () => {
  const approvals = parseApprovals([told(LOSS).withToken]);
  expect(verdictOn(LOSS, approvals)).toBe('approved');
  expect(verdictOn({ ...LOSS, messages: 99 }, approvals)).toBe('approved');
  expect(verdictOn({ ...LOSS, messages: 0 }, approvals)).toBe('approved');
  for (const changed of [
    { messages: 100 },
    { isInUse: true },
    { shape: ['classic', true, false, {}] },
    { shape: ['quorum', true, false, { 'x-max-length': 5 }] },
  ]) {
    expect(verdictOn({ ...LOSS, ...changed }, approvals)).toBe('stale');
  }
  expect(howToApprove(LOSS, 'stale')).toContain('The token that was given for it is stale');
  // It says nothing about any other object.
  expect(verdictOn({ ...LOSS, subject: 'queue orders@/' }, approvals)).toBe('none');
});

const anyName = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom('a', '@', '%', '#', ',', ' ', '*', '\n', '/', '`', "'"),
    minLength: 1,
    maxLength: 6,
  }),
);

it('are possible for every name, in one text as well, and never hold for another object', () => {
  fc.assert(
    fc.property(anyName, anyName, anyName, anyName, (vhost, name, otherVhost, otherName) => {
      const loss = (subject: string): Loss => ({ ...LOSS, subject });
      const queue = loss(subjectOfQueue(vhost, name));
      for (const text of [told(queue).name, told(queue).withToken, told(loss(subjectOfVhost(vhost))).name]) {
        expect([...parseApprovals(`vhost x,${text}`)]).toEqual([...new Set(['vhost x', text])]);
        expect(malformedApprovals(new Set([text]))).toEqual([]);
      }
      for (const text of [told(queue).name, told(queue).withToken]) {
        expect(verdictOn(queue, parseApprovals(text))).toBe('approved');
        if (vhost === otherVhost && name === otherName) continue;
        const other = loss(subjectOfQueue(otherVhost, otherName));
        expect(verdictOn(other, parseApprovals(text))).toBe('none');
      }
    }),
    { numRuns: 2000 },
  );
});

it('that can be none are found', () => {
  const wrong = ['queue orders', 'orders@/', 'Queue a@b', 'vhost'];
  expect(malformedApprovals(new Set([...wrong, 'queue a@b #12345678', 'recreate queue a@b', '*']))).toEqual(
    wrong,
  );
});
