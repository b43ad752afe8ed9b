/** What pika's and aio-pika's modules have in common: the topology as data. */
import type { Arguments } from '../../objects';
import { assignment, table, call, comment, dict, pythonString, pythonValue, tuple } from './pythonText';
import type { Expression } from './pythonText';
import type { ClientView } from './view';

type Named = readonly (readonly [string, Expression])[];

export function pythonHeader(view: ClientView, library: string): string {
  const who = view.user === undefined ? '' : `, for the user ${pythonString(view.user)}`;
  return `"""What an application declares on RabbitMQ, by ${library}: exactly what the topology declares.

Made by \`warren render --to ${library}\`: change the topology and render it again. So no
declaration is refused (406), whoever comes first.
"""

${comment(`The vhost ${pythonString(view.vhost)} on RabbitMQ ${view.target}${who}.`)}`;
}

export const CLASSES = `@dataclass(frozen=True)
class _Declared:
    name: str

    def __post_init__(self) -> None:
        if hasattr(self, "arguments"):
            frozen = MappingProxyType(dict(self.arguments))
            object.__setattr__(self, "arguments", frozen)


@dataclass(frozen=True)
class Exchange(_Declared):
    type: str
    durable: bool = True
    auto_delete: bool = False
    internal: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)
    #: Without the permission it is only looked for.
    may_declare: bool = True


@dataclass(frozen=True)
class Queue(_Declared):
    durable: bool = True
    auto_delete: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)
    may_declare: bool = True


@dataclass(frozen=True)
class Binding:
    source: str
    #: A queue, or an exchange.
    destination: str
    routing_key: str = ""
    to_exchange: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)
    may_bind: bool = True


@dataclass(frozen=True)
class Family(_Declared):
    """Queues that are declared at run time: FAMILIES["box:{id}"].queue(id=1)."""

    durable: bool = True
    arguments: Mapping[str, Any] = field(default_factory=dict)
    may_declare: bool = True

    def queue(self, **values: object) -> Queue:
        def fill(placeholder: re.Match[str]) -> str:
            value = str(values[placeholder[1]])
            if value == "":
                raise ValueError(f"{placeholder[1]} is empty")
            return value

        return Queue(
            re.sub(r"\\{(\\w+)\\}", fill, self.name),
            durable=self.durable,
            arguments=self.arguments,
            may_declare=self.may_declare,
        )


@dataclass(frozen=True)
class Worker(_Declared):
    queues: tuple[str, ...]
    #: Messages that it holds at a time; 0 is no limit.
    prefetch: int = 0


def _named(*items: Any) -> Mapping[str, Any]:
    return MappingProxyType({item.name: item for item in items})`;

export function pythonData(view: ClientView): string {
  return [
    [
      assignment('VHOST', pythonString(view.vhost)),
      ...(view.heartbeatSeconds === undefined
        ? []
        : [comment('Seconds.'), assignment('HEARTBEAT', String(view.heartbeatSeconds))]),
    ].join('\n'),
    table(
      'EXCHANGES',
      call(
        '_named',
        view.exchanges.map(({ name, type, durable, autoDelete, internal, arguments: given, mayDeclare }) =>
          call(
            'Exchange',
            [pythonString(name), pythonString(type)],
            [
              ...flag('durable', durable, true),
              ...flag('auto_delete', autoDelete, false),
              ...flag('internal', internal, false),
              ...argumentsOf(given),
              ...flag('may_declare', mayDeclare, true),
            ],
          ),
        ),
      ),
    ),
    table(
      'QUEUES',
      call(
        '_named',
        view.queues.map(({ name, durable, autoDelete, arguments: given, mayDeclare }) =>
          call(
            'Queue',
            [pythonString(name)],
            [
              ...flag('durable', durable, true),
              ...flag('auto_delete', autoDelete, false),
              ...argumentsOf(given),
              ...flag('may_declare', mayDeclare, true),
            ],
          ),
        ),
      ),
    ),
    bindings(view),
    families(view),
    workers(view),
  ].join('\n\n');
}

function bindings(view: ClientView): string {
  const values = view.bindings.map(
    ({ source, destination, destinationType, routingKey, arguments: given, mayBind }) =>
      call('Binding', [source, destination, routingKey].map(pythonString), [
        ...flag('to_exchange', destinationType === 'exchange', false),
        ...argumentsOf(given),
        ...flag('may_bind', mayBind, true),
      ]),
  );
  return table('BINDINGS', tuple(values));
}

function families(view: ClientView): string {
  const values = view.families.map(({ template, durable, arguments: given, mayDeclare }) =>
    call(
      'Family',
      [pythonString(template)],
      [...flag('durable', durable, true), ...argumentsOf(given), ...flag('may_declare', mayDeclare, true)],
    ),
  );
  return table('FAMILIES', call('_named', values));
}

function workers(view: ClientView): string {
  const values = view.workers.map(({ name, queues, prefetch }) =>
    call(
      'Worker',
      [pythonString(name), tuple(queues.map(pythonString))],
      [...(prefetch === undefined ? [] : [['prefetch', String(prefetch)] as const])],
    ),
  );
  return table('WORKERS', call('_named', values));
}

function flag(name: string, value: boolean, usual: boolean): Named {
  return value === usual ? [] : [[name, pythonValue(value)]];
}

function argumentsOf(given: Arguments): Named {
  const entries = Object.entries(given);
  if (entries.length === 0) return [];
  return [['arguments', dict(entries.map(([key, value]) => [key, pythonValue(value)]))]];
}
