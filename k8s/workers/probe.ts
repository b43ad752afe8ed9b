/**
 * Whether a worker consumes, by what the broker says: a process that runs is no proof. A small program in Python's
 * standard library, for images that have it; it asks for each queue who consumes from it, and looks for this pod.
 */

export const PROBE_FOLDER = '/run/warren/probe';
export const PROBE_LOGIN_FOLDER = '/run/secrets/warren-probe';
export const PROBE_FILE = 'consuming.py';

/**
 * `ready` fails where the broker can't be asked, or hasn't one of the queues; `alive` fails only where the broker says
 * that this pod doesn't consume. For anything else a worker isn't to blame: of a queue whose only node is down, RabbitMQ
 * 3.10 says that there is none (404), and 4.x answers 500.
 */
export type ProbeMode = 'ready' | 'alive';

export function probeCommand(mode: ProbeMode): string[] {
  const script = [
    'command -v python3 >/dev/null && exec python3 "$@"',
    'command -v python >/dev/null && exec python "$@"',
    'echo "no python in this image: set kubernetes.workers.FLEET.probe to a command of its own, or to false"',
    'exit 1',
  ].join('; ');
  return ['/bin/sh', '-c', script, 'sh', `${PROBE_FOLDER}/${PROBE_FILE}`, mode];
}

/** @param hasClient it shows the management API a certificate, from its folder */
export function probeProgram(hasClient: boolean): string {
  return hasClient ? PROGRAM.replace(CONTEXT, (line) => `${line}${SHOW_CLIENT}`) : PROGRAM;
}

const CONTEXT = /^ +context = .*\n/m;
const SHOW_CLIENT = `    context.load_cert_chain(os.path.join(LOGIN, "client.crt"), os.path.join(LOGIN, "client.key"))
`;
const PROGRAM = `"""Exit code 0 where this pod consumes from each of its queues, by what the broker says."""
import base64
import json
import os
import ssl
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

LOGIN = "${PROBE_LOGIN_FOLDER}"
TIMEOUT_S = 5
# Of all requests together: less than Kubernetes gives a probe, and takes for a failure.
DEADLINE_S = 8


def read(name):
    with open(os.path.join(LOGIN, name), encoding="utf-8") as file:
        return file.read()


def ask(path):
    endpoint = os.environ["WARREN_MANAGEMENT_URL"]
    login = base64.b64encode(f"{read('username')}:{read('password')}".encode()).decode()
    request = urllib.request.Request(f"{endpoint}/api/{path}", headers={"Authorization": f"Basic {login}"})
    authority = os.path.join(LOGIN, "ca.crt")
    has_authority = os.path.exists(authority)
    context = ssl.create_default_context(cafile=authority if has_authority else None)
    with urllib.request.urlopen(request, timeout=TIMEOUT_S, context=context) as answer:
        return json.load(answer)


def consumes(queue, address):
    """None where the broker doesn't say who its consumers are."""
    vhost = urllib.parse.quote(os.environ["RABBITMQ_VHOST"], safe="")
    found = ask(f"queues/{vhost}/{urllib.parse.quote(queue, safe='')}")
    consumers = found.get("consumer_details")
    if consumers is None:
        return True
    # Without figures of a channel, RabbitMQ says [] where a table would be.
    hosts = [(one.get("channel_details") or {}).get("peer_host") or "" for one in consumers]
    if any(host in (address, "::ffff:" + address) for host in hosts):
        return True
    return None if "" in hosts else False


def end(code):
    print("the broker doesn't answer in time", flush=True)
    os._exit(code)


def main(mode):
    not_asked = 1 if mode == "ready" else 0
    # A look-up of the broker's name can't be cut short from within: this ends it, too.
    timer = threading.Timer(DEADLINE_S, end, [not_asked])
    timer.daemon = True
    timer.start()
    address = os.environ["POD_IP"]
    for queue in json.loads(os.environ["WARREN_PROBED_QUEUES"]):
        try:
            found = consumes(queue, address)
            if found is False or (found is None and mode == "ready"):
                print(f"{address} doesn't consume from {queue}")
                return 1
        except urllib.error.HTTPError as error:
            print(f"{queue}: the broker answers {error.code}")
            if mode == "ready":
                return 1
        except Exception as error:
            # Not even of this program itself a worker is to blame.
            print(f"the broker can't be asked: {error}")
            return not_asked
    return 0


sys.exit(main(sys.argv[1]))
`;
