import { expect, it } from 'vitest';
import { differenceOf } from './shown';

const SAID = 'first\nsecond 12 s\nResources:\n  1 to create\nResources:\n  1 created\n';

it.each([
  SAID,
  'first\n…',
  '…\n  1 created',
  'first\nsecond … s\n…\nResources:\n  1 created',
  'first\n[… some more …]\nResources:\n  1 to create\n…',
])('takes what was said: %j', (shown) => {
  expect(differenceOf(shown, SAID)).toBeUndefined();
});

it.each([
  ['first', 'after what the page shows'],
  ['second 12 s\n…', 'the page shows\nsecond 12 s'],
  ['first\nsecond 13 s\n…', 'the page shows\nfirst\nsecond 13 s'],
  ['…\nResources:\n  2 created', 'the page shows\nResources:'],
  ['…\nResources:\n  1 to create', 'after what the page shows'],
  ['first\n…\nsecond', 'the page shows\nsecond'],
])('refuses another thing: %j', (shown, difference) => {
  expect(differenceOf(shown, SAID)).toContain(difference);
});
