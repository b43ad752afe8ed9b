#!/bin/sh
# Does what the official image's does for whoever starts a container: as root, it gives the data folder to the user
# rabbitmq, and goes on as that user. The cookie comes from its file, or else from RABBITMQ_ERLANG_COOKIE.
set -eu

case "${1:-}" in
  rabbitmq*)
    if [ "$(id -u)" = 0 ]; then
      [ "$1" != rabbitmq-server ] || find /var/lib/rabbitmq ! -user rabbitmq -exec chown rabbitmq:rabbitmq {} +
      exec setpriv --reuid=rabbitmq --regid=rabbitmq --init-groups -- "$0" "$@"
    fi
    ;;
esac

cookie=/var/lib/rabbitmq/.erlang.cookie
if [ -n "${RABBITMQ_ERLANG_COOKIE:-}" ] && [ ! -e "$cookie" ]; then
  (umask 077 && printf %s "$RABBITMQ_ERLANG_COOKIE" >"$cookie")
fi
# Erlang refuses one that others can read.
[ ! -O "$cookie" ] || chmod 600 "$cookie"

exec "$@"
