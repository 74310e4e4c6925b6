"""Answers a signed request as a server does that is made with dnspython.

Input `message`: hex. Output: by rcode, the answer in hex.
"""

from client import key, request, tell  # isort: skip

import dns.message
import dns.rcode


def answered(rcode):
    asked = dns.message.from_wire(bytes.fromhex(request["message"]), keyring=key())
    answer = dns.message.make_response(asked)
    answer.set_rcode(dns.rcode.from_text(rcode))
    return answer.to_wire().hex()


tell({rcode: answered(rcode) for rcode in ("NOERROR", "SERVFAIL")})
