"""What the programs beside this one share: the server and key from the input, messages sent, rcodes as text.

To be imported before any module of dnspython.
"""

import json
import sys

# dnspython would load these for DNS over HTTPS, and that takes longer than all else here
sys.modules["httpx"] = sys.modules["requests"] = None

import dns.query
import dns.rcode
import dns.tsig
import dns.update

request = json.load(sys.stdin)
HOST, PORT = request["host"], request["port"]


def key():
    given = request["key"]
    return dns.tsig.Key(given["name"], given["secret"], given["algorithm"])


def update(zone, signed=True, **settings):
    message = dns.update.UpdateMessage(zone)
    if signed:
        message.use_tsig(key(), **settings)
    return message


def send(message, transport="udp", timeout=5):
    """The rcode; dnspython has verified that the answer is signed as the question was."""
    ask = dns.query.tcp if transport == "tcp" else dns.query.udp
    return dns.rcode.to_text(ask(message, HOST, timeout=timeout, port=PORT).rcode())


def tell(outcome):
    json.dump(outcome, sys.stdout)
