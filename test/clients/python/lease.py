"""A client that asks for leases (RFC 9664), with the option as dnspython sends one that it does not know.

Input `zone` and `steps`, each with `add` records (`NAME TTL TYPE RDATA`) and `option` in hex, or none;
output: for each step the rcode, and the option of the answer in hex or null.
"""

from client import HOST, PORT, request, tell, update  # isort: skip

import dns.edns
import dns.query
import dns.rcode

UPDATE_LEASE = 2


def run(step):
    message = update(request["zone"], signed=False)
    for record in step.get("add", []):
        name, ttl, rdtype, rdata = record.split(" ", 3)
        message.add(name, int(ttl), rdtype, rdata)
    for name in step.get("delete", []):
        message.delete(name)
    options = []
    if step.get("option") is not None:
        options = [dns.edns.GenericOption(UPDATE_LEASE, bytes.fromhex(step["option"]))]
    message.use_edns(0, options=options)
    answer = dns.query.udp(message, HOST, timeout=10, port=PORT)
    granted = [option.to_wire().hex() for option in answer.options if option.otype == UPDATE_LEASE]
    return [dns.rcode.to_text(answer.rcode()), granted[0] if granted else None]


tell([run(step) for step in request["steps"]])
