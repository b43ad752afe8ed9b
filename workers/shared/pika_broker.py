"""Where and how to connect with pika."""

import pika

import rabbitmq


def parameters() -> pika.URLParameters:
    """Ask again for each connection: credentials rotate."""
    found = pika.URLParameters(rabbitmq.url())
    if found.ssl_options is not None:
        found.ssl_options = pika.SSLOptions(rabbitmq.tls_context(), found.host)
    return found
