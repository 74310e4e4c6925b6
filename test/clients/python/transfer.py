"""Transfers as the libraries of octoDNS and others make them: every message's signature is verified.

Input: {host, port, key?, asks: [{zone, kind, serial?, udp?, signed?, base?}]}. Each ask gives {rcode} or {error}, or the answer:
messages, how many of them were signed, records in their order; and with a base (lines of a zone), the zone after the transfer.
"""

from client import HOST, PORT, key, request, tell

import socket
import struct

import dns.edns
import dns.exception
import dns.message
import dns.rdataclass
import dns.rdatatype
import dns.tsig
import dns.xfr
import dns.zone

SIZE = 65535


def question(ask):
    query = dns.message.make_query(ask["zone"], ask["kind"], use_edns=0 if ask.get("edns", True) else False)
    if "size" in ask:
        query.use_edns(0, payload=ask["size"])
    if ask["kind"] == "IXFR":
        soa = f". . {ask['serial']} 0 0 0 0"
        query.find_rrset(query.authority, dns.name.from_text(ask["zone"]), dns.rdataclass.IN, dns.rdatatype.SOA, create=True).add(
            dns.rdata.from_text("IN", "SOA", soa)
        )
    if ask.get("signed", True):
        query.use_tsig(key())
    return query


def frames(sock):
    stream = sock.makefile("rb")
    while True:
        length = stream.read(2)
        if len(length) < 2:
            return
        yield stream.read(struct.unpack("!H", length)[0])


def messages(ask, query, wire):
    """Ends with the transfer: after the closing SOA, or one message over UDP."""
    if ask.get("udp"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(10)
            sock.sendto(wire, (HOST, PORT))
            yield sock.recv(SIZE)
        return
    with socket.create_connection((HOST, PORT), 20) as sock:
        sock.sendall(struct.pack("!H", len(wire)) + wire)
        yield from frames(sock)


def run(ask):
    query = question(ask)
    wire = query.to_wire()
    signed, count, sizes, records, context = 0, 0, [], [], None
    soas = 0
    for octets in messages(ask, query, wire):
        message = dns.message.from_wire(
            octets,
            keyring=query.keyring,
            request_mac=query.mac,
            xfr=True,
            tsig_ctx=context,
            multi=not ask.get("udp"),
            one_rr_per_rrset=True,
        )
        context = message.tsig_ctx
        count += 1
        sizes.append(len(octets))
        signed += message.had_tsig
        if message.rcode():
            errors = [option for option in message.options if option.otype == dns.edns.OptionType.EDE]
            return {
                "rcode": dns.rcode.to_text(message.rcode()),
                "signed": signed,
                "ede": [[int(error.code), error.text] for error in errors],
            }
        for rrset in message.answer:
            records.append(rrset.to_text())
            soas += rrset.rdtype == dns.rdatatype.SOA
        # one SOA alone, or a last one like the first
        last = records[-1] == records[0]
        if len(records) == 1 or (last and soas % 2 == 0):
            break
    return {"messages": count, "signed": signed, "sizes": sizes, "records": records}


def follow(ask):
    """Brings a zone that dnspython holds to what is served, by IXFR or AXFR."""
    zone = dns.zone.from_text(ask["base"], ask["zone"], relativize=False, check_origin=False)
    query, _serial = dns.xfr.make_query(zone, keyring=None)
    if ask.get("signed", True):
        query.use_tsig(key())
    dns.query.inbound_xfr(HOST, zone, query, port=PORT, timeout=30)
    lines = []
    for name, ttl, rdata in zone.iterate_rdatas():
        lines.append(f"{name} {ttl} IN {dns.rdatatype.to_text(rdata.rdtype)} {rdata}")
    return {"zone": sorted(lines)}


def attempt(ask):
    try:
        return follow(ask) if "base" in ask else run(ask)
    except (dns.exception.DNSException, OSError) as error:
        return {"error": type(error).__name__, "detail": str(error)}


tell([attempt(ask) for ask in request["asks"]])
