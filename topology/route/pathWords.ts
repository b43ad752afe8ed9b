/** The way of a message in words. */
import { matchMode } from './headers';
import type { Hop } from './route';
import { NAMELESS_EXCHANGE } from './table';
import type { RoutedBinding, RoutedExchange } from './table';

export function exchangeWords({ name, type }: RoutedExchange): string {
  return name === NAMELESS_EXCHANGE ? 'the default exchange' : `${name} (${type} exchange)`;
}

/** A key as it is, in quotes where that isn't plain. */
export function keyWords(key: string): string {
  return /^[^\s"'`\u0000-\u001f\u007f-\u009f]+$/.test(key) ? key : JSON.stringify(key);
}

export function bindingWords(binding: RoutedBinding, { type }: RoutedExchange): string {
  if (type === 'fanout') return 'any key';
  if (type !== 'headers') return `binding ${keyWords(binding.routingKey)}`;
  const pairs = Object.entries(binding.arguments)
    .filter(([name]) => name !== 'x-match')
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return `binding ${matchMode(binding.arguments)} of {${pairs.join(', ')}}`;
}

/** The way through bindings and exchanges; empty where the default exchange delivers by the queue's name. */
export function pathWords(path: readonly Hop[]): string {
  const [first] = path;
  if (first === undefined || first.exchange.name === NAMELESS_EXCHANGE) return '';
  return path
    .map(({ exchange, binding }, index) => {
      const next = path[index + 1]?.exchange;
      const how = binding === undefined ? 'nothing matches → alternate' : bindingWords(binding, exchange);
      if (next === undefined) return how;
      return binding === undefined ? `${how} ${next.name}` : `${how} → exchange ${next.name}`;
    })
    .join(' → ');
}
