"""The DNS part of a DHCP server as Kea's D2 plays it: UDP only, signed, no query at all. How soon an answer comes is not asked here.

Input `steps`: a list of [operation, arguments]; output: for each, the rcodes in the order they came.
"""

from client import request, send, tell, update

PATIENCE = 10
TTL = 1200


def add_forward(zone, name, address, dhcid, type="A"):
    """RFC 4703 §5.3: take a free name, or one that this same client holds already."""
    rcodes = []
    for _ in range(3):
        first = update(zone)
        first.absent(name)
        first.add(name, TTL, type, address)
        first.add(name, TTL, "DHCID", dhcid)
        rcodes.append(send(first, timeout=PATIENCE))
        if rcodes[-1] != "YXDOMAIN":
            return rcodes
        again = update(zone)
        again.present(name)
        again.present(name, "DHCID", dhcid)
        again.delete(name, type)
        again.add(name, TTL, type, address)
        rcodes.append(send(again, timeout=PATIENCE))
        if rcodes[-1] != "NXDOMAIN":
            return rcodes
    return rcodes


def remove_forward(zone, name, address, dhcid, type="A"):
    """RFC 4703 §5.5: the address first, then the name once no address is left."""
    value = update(zone)
    value.present(name, "DHCID", dhcid)
    value.delete(name, type, address)
    rcodes = [send(value, timeout=PATIENCE)]
    rest = update(zone)
    rest.present(name, "DHCID", dhcid)
    rest.absent(name, "A")
    rest.absent(name, "AAAA")
    rest.delete(name)
    return rcodes + [send(rest, timeout=PATIENCE)]


def add_reverse(zone, name, host, dhcid):
    message = update(zone)
    message.delete(name, "PTR")
    message.delete(name, "DHCID")
    message.add(name, TTL, "PTR", host)
    message.add(name, TTL, "DHCID", dhcid)
    return [send(message, timeout=PATIENCE)]


def remove_reverse(zone, name, host):
    message = update(zone)
    message.present(name, "PTR", host)
    message.delete(name)
    return [send(message, timeout=PATIENCE)]


def impatient(zone, name, address):
    """The same request three times, signed anew each time, as if no answer had come."""
    rcodes = []
    first = update(zone)
    for fudge in (300, 301, 302):
        message = update(zone, fudge=fudge)
        message.id = first.id
        message.absent(name)
        message.add(name, TTL, "A", address)
        rcodes.append(send(message, timeout=PATIENCE))
    return rcodes


OPERATIONS = {f.__name__: f for f in (add_forward, remove_forward, add_reverse, remove_reverse, impatient)}

tell([OPERATIONS[operation](*arguments) for operation, arguments in request["steps"]])
