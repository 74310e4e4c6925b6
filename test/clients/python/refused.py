"""Sends updates with EDNS, each as a client might that was set up wrongly; tells the rcode and the extended error of each answer.

A case has `zone`, `ops` (nsupdate's words: add NAME TTL TYPE VALUE, delete NAME [TYPE [VALUE]]), and maybe `key`, `clock` (seconds that it is
wrong), `zoneClass`, `require` (prereq words), `twice` (signed a second time), `edns` (false: without), `transport`.
"""

from client import HOST, PORT, request, tell  # isort: skip

import socket
import struct
import time

import dns.edns
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.tsig
import dns.update

REAL_TIME = time.time


def absolute(name):
    return dns.name.from_text(name)


def build(case):
    message = dns.update.UpdateMessage(case["zone"], rdclass=case.get("zoneClass", "IN"))
    for verb, name, *rest in case["ops"]:
        if verb == "add":
            message.add(absolute(name), int(rest[0]), rest[1], " ".join(rest[2:]))
        elif len(rest) > 1:
            message.delete(absolute(name), rest[0], " ".join(rest[1:]))
        else:
            message.delete(absolute(name), *rest)
    for verb, name, *rest in case.get("require", []):
        (message.absent if verb.startswith("nx") else message.present)(absolute(name), *rest)
    if case.get("edns", True):
        message.use_edns(0, payload=1232)
    return message


def sign(message, case):
    given = case.get("key")
    if given is None:
        return message.to_wire()
    key = dns.tsig.Key(given["name"], given["secret"], given["algorithm"])
    message.use_tsig(key)
    time.time = lambda: REAL_TIME() + case.get("clock", 0)
    wire = message.to_wire()
    time.time = REAL_TIME
    if not case.get("twice"):
        return wire
    # as a client that fails over and signs what it has signed already
    first = message.to_wire()
    unsigned = build(case).to_wire()
    tsig = first[len(unsigned):]
    return first[:10] + struct.pack("!H", struct.unpack("!H", first[10:12])[0] + 1) + first[12:] + tsig


def exchange(wire, case):
    if case.get("transport") == "tcp":
        with socket.create_connection((HOST, PORT), timeout=10) as sock:
            sock.sendall(struct.pack("!H", len(wire)) + wire)
            stream = sock.makefile("rb")
            return stream.read(struct.unpack("!H", stream.read(2))[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        sock.sendto(wire, (HOST, PORT))
        return sock.recv(65535)


def read(answer, message, case):
    """How the answer is signed: whether dnspython finds it right, or an error in its TSIG, or not at all."""
    given = case.get("key")
    try:
        key = given and dns.tsig.Key(given["name"], given["secret"], given["algorithm"])
        parsed = dns.message.from_wire(answer, keyring=key, request_mac=message.mac if given else b"")
        return parsed, "rightly" if parsed.had_tsig else "not"
    except dns.tsig.PeerError as error:
        return dns.message.from_wire(answer, continue_on_error=True), type(error).__name__


def ask(case):
    message = build(case)
    answer = exchange(sign(message, case), case)
    parsed, signed = read(answer, message, case)
    errors = [option for option in parsed.options if option.otype == dns.edns.EDE]
    extended = [{"code": int(option.code), "text": option.text or ""} for option in errors]
    return {
        "rcode": dns.rcode.to_text(dns.rcode.Rcode(answer[3] & 15)),
        "signed": signed,
        "edns": parsed.edns >= 0,
        "extended": extended,
        "octets": len(answer),
    }


tell([ask(case) for case in request["cases"]])
