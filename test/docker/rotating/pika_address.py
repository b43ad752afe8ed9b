"""The broker's address for pika."""

import pika

from where import tls, url


def address() -> pika.URLParameters:
    found = pika.URLParameters(url())
    if found.ssl_options is not None:
        found.ssl_options = pika.SSLOptions(tls(), found.host)
    return found
