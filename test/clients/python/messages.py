"""Sends messages that the input spells out, one after another, with dnspython: how other clients' messages look.

Input `messages`: each {zone, signed, transport, require: [...], change: [...]}; a requirement is one of
["absent", name], ["absent", name, type], ["present", name], ["present", name, type], ["present", name, type, value];
a change is one of ["add", name, ttl, type, value], ["delete", name], ["delete", name, type], ["delete", name, type, value].
Output: the rcode of each.
"""

from client import request, send, tell, update  # isort: skip

import dns.name


def absolute(text):
    return dns.name.from_text(text)


def built(given):
    message = update(given["zone"], given.get("signed", True))
    for form, name, *rest in given.get("require", []):
        (message.absent if form == "absent" else message.present)(absolute(name), *rest)
    for form, name, *rest in given.get("change", []):
        (message.add if form == "add" else message.delete)(absolute(name), *rest)
    return message


tell([send(built(given), given.get("transport", "udp")) for given in request["messages"]])
