/** A client's view of the topology as JSON, for applications in other languages. docs/clients.md says what it holds. */
import { clientView } from './view';
import type { ClientChoice, ClientInput, Fault } from './view';

/** Goes up when a reader of the format before would misread it. */
const FORMAT_VERSION = 1;

export function renderClientJson(input: ClientInput, choice: ClientChoice): string | Fault {
  const view = clientView(input, choice);
  if ('fault' in view) return view;
  return `${JSON.stringify({ warrenClient: FORMAT_VERSION, ...view }, null, 2)}\n`;
}
