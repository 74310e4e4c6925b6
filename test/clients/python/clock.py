"""Signs an update with a clock that is `offset` seconds wrong; tells what the answer's TSIG says.

The MAC of the answer is computed here, because dnspython stops at the error code and would not look at it.
"""

from client import HOST, PORT, key, request, tell, update  # isort: skip

import hashlib
import hmac
import socket
import struct
import time

import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype

message = update(request["zone"])
message.add(request["name"], 60, "A", "192.0.2.1")
real = time.time
time.time = lambda: real() + request["offset"]
wire = message.to_wire()
signed_at = int(time.time())
time.time = real

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.settimeout(5)
sock.sendto(wire, (HOST, PORT))
answer = sock.recv(65535)

owner = key().name.canonicalize().to_wire()
start = answer.rindex(owner)
rdata_at = start + len(owner) + 10
tsig = dns.rdata.from_wire(dns.rdataclass.ANY, dns.rdatatype.TSIG, answer, rdata_at, len(answer) - rdata_at)


def mac_of_answer():
    """RFC 8945 §5.3: request MAC, the message without its TSIG, the TSIG variables."""
    unsigned = bytearray(answer[:start])
    unsigned[0:2] = struct.pack("!H", tsig.original_id)
    unsigned[10:12] = struct.pack("!H", struct.unpack("!H", answer[10:12])[0] - 1)
    variables = owner + struct.pack("!HI", 255, 0)
    variables += tsig.algorithm.canonicalize().to_wire()
    variables += struct.pack("!HIHHH", tsig.time_signed >> 32, tsig.time_signed & 0xFFFFFFFF, tsig.fudge, tsig.error, len(tsig.other))
    data = struct.pack("!H", len(message.mac)) + message.mac + bytes(unsigned) + variables + tsig.other
    return hmac.new(key().secret, data, hashlib.sha256).digest()


tell(
    {
        "rcode": dns.rcode.to_text(dns.rcode.Rcode(answer[3] & 15)),
        "error": dns.rcode.to_text(dns.rcode.Rcode(tsig.error), tsig=True),
        "signedAt": signed_at,
        "timeInAnswer": tsig.time_signed,
        "serverTime": int.from_bytes(tsig.other, "big"),
        "macIsRight": hmac.compare_digest(mac_of_answer(), tsig.mac),
    }
)
