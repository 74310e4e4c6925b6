"""How Windows and Samba ask for a GSS-TSIG context (RFC 3645, RFC 2930), sent to several servers.

Input `servers`: each {host, port}. Output: for each server the rcode of each message, or what else came of it.
"""

from client import request, tell  # isort: skip

import socket
import time

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TKEY
import dns.rrset
import dns.update

NAME = "1412-ms-7.1-1.client.example."
TOKEN = b"\x60\x82\x05\x00" + bytes(1200)


def tkey(mode=3, algorithm="gss-tsig."):
    now = int(time.time())
    rdata = dns.rdtypes.ANY.TKEY.TKEY(
        dns.rdataclass.ANY, dns.rdatatype.TKEY, dns.name.from_text(algorithm), now, now + 3600, mode, 0, TOKEN
    )
    return dns.rrset.from_rdata(NAME, 0, rdata)


def query(section, algorithm="gss-tsig."):
    message = dns.message.make_query(NAME, "TKEY", "ANY")
    message.flags = 0
    # Windows 2000 puts it among the answers, everybody else among the additional records
    getattr(message, section).append(tkey(algorithm=algorithm))
    return message


def update_with_tkey():
    message = dns.update.UpdateMessage("example.com.")
    message.zone[0].rdtype = dns.rdatatype.TKEY
    message.additional.append(tkey())
    return message


def signed_by_gss():
    """An update under a context that no server has agreed on."""
    message = dns.update.UpdateMessage("example.com.")
    message.add("host", 60, "A", "192.0.2.1")
    wire = message.to_wire()
    context = dns.name.from_text(NAME).to_wire()
    rdata = (
        dns.name.from_text("gss-tsig.").to_wire()
        + int(time.time()).to_bytes(6, "big")
        + (300).to_bytes(2, "big")
        + (28).to_bytes(2, "big")
        + bytes(28)
        + message.id.to_bytes(2, "big")
        + bytes(4)
    )
    head = (250).to_bytes(2, "big") + (255).to_bytes(2, "big") + bytes(4) + len(rdata).to_bytes(2, "big")
    return wire[:10] + (1).to_bytes(2, "big") + wire[12:] + context + head + rdata


MESSAGES = {
    "among the additional records": query("additional"),
    "among the answers": query("answer"),
    "of the older algorithm of Microsoft": query("additional", "gss.microsoft.com."),
}


def outcome(server, message, ask):
    try:
        answer = ask(message, server["host"], port=server["port"], timeout=5)
        records = sum(len(section) for section in (answer.answer, answer.authority, answer.additional))
        return f"{dns.rcode.to_text(answer.rcode())}, {records} records"
    except dns.exception.DNSException as error:
        return type(error).__name__


def octets_of_answer(server, wire):
    """For answers that dnspython does not read."""
    with socket.create_connection((server["host"], server["port"]), timeout=5) as connection:
        connection.sendall(len(wire).to_bytes(2, "big") + wire)
        return connection.recv(65535)[2:]


def rcode_of(answer):
    return dns.rcode.to_text(answer[3] & 15)


def update_under_context(server):
    """Rcode and TSIG error of the answer; the error is before the length of the other data, of which there is none."""
    answer = octets_of_answer(server, signed_by_gss())
    return [rcode_of(answer), int.from_bytes(answer[-4:-2], "big"), answer[-2:].hex()]


tell(
    [
        {
            "updateUnderContext": update_under_context(server),
            "update": rcode_of(octets_of_answer(server, update_with_tkey().to_wire())),
            **{
                f"{title}, over {ask.__name__}": outcome(server, message, ask)
                for title, message in MESSAGES.items()
                for ask in (dns.query.udp, dns.query.tcp)
            },
        }
        for server in request["servers"]
    ]
)
