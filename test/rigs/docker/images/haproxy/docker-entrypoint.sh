#!/bin/sh
# As the official image's: options alone are HAProxy's, and it runs in the foreground, as a master with its workers.
set -eu

case "${1:-}" in
  -*) set -- haproxy "$@" ;;
esac
if [ "${1:-}" = haproxy ]; then
  shift
  set -- haproxy -W -db "$@"
fi
exec "$@"
