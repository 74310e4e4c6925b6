"""ACME clients proving that they control a name: certbot (TCP) and lego (UDP).

Input `domain`, `tokens`; output: what each step got.
"""

from client import HOST, PORT, key, request, send, tell, update  # isort: skip

import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype


def soa_of(name, transport, recursion, signed):
    query = dns.message.make_query(name, dns.rdatatype.SOA)
    if not recursion:
        query.flags &= ~dns.flags.RD
    if signed:
        query.use_tsig(key())
    ask = dns.query.tcp if transport == "tcp" else dns.query.udp
    return ask(query, HOST, timeout=5, port=PORT)


def certbot_zone(domain, signed):
    """The longest name whose SOA stands in an authoritative answer, with the guesses made on the way."""
    guesses = []
    name = dns.name.from_text(domain)
    while name != dns.name.root:
        answer = soa_of(name, "tcp", False, signed)
        found = answer.get_rrset(answer.answer, name, 1, dns.rdatatype.SOA)
        authoritative = bool(answer.flags & dns.flags.AA)
        guesses.append([str(name), dns.rcode.to_text(answer.rcode()), authoritative, found is not None])
        if answer.rcode() == dns.rcode.NOERROR and found and authoritative:
            return str(name), guesses
        name = name.parent()
    return None, guesses


def lego_zone(domain):
    """The owner of the first SOA in an answer section, walking up."""
    name = dns.name.from_text(domain)
    while name != dns.name.root:
        answer = soa_of(name, "udp", True, False)
        for rrset in answer.answer:
            if rrset.rdtype == dns.rdatatype.SOA:
                return str(rrset.name)
        name = name.parent()
    return None


def texts(name):
    query = dns.message.make_query(name, "TXT")
    answer = dns.query.udp(query, HOST, timeout=5, port=PORT)
    return sorted(rdata.to_text() for rrset in answer.answer for rdata in rrset)


domain, tokens = request["domain"], request["tokens"]
challenge = "_acme-challenge." + domain + "."
outcome = {}

zone, outcome["guesses"] = certbot_zone("_acme-challenge." + domain, signed=False)
outcome["zone"] = zone
outcome["zoneSigned"] = certbot_zone("_acme-challenge." + domain, signed=True)[0]
rcodes = []
for token in tokens:
    message = update(zone)
    message.add(dns.name.from_text(challenge), 120, "TXT", token)
    rcodes.append(send(message, "tcp"))
outcome["certbotAdded"] = [rcodes, texts(challenge)]
rcodes = []
for token in tokens:
    message = update(zone)
    message.delete(dns.name.from_text(challenge), "TXT", token)
    rcodes.append(send(message, "tcp"))
outcome["certbotRemoved"] = [rcodes, texts(challenge)]

outcome["legoZone"] = lego_zone("_acme-challenge." + domain)
for token in tokens:
    message = update(zone)
    message.delete(dns.name.from_text(challenge), "TXT")
    message.add(dns.name.from_text(challenge), 120, "TXT", '"%s"' % token)
    rcode = send(message)
    outcome.setdefault("lego", []).append([rcode, texts(challenge)])
message = update(zone)
message.delete(dns.name.from_text(challenge), "TXT", tokens[-1])
outcome["legoRemoved"] = [send(message), texts(challenge)]
tell(outcome)
