"""Has certbot's plugin prove names with a credentials file, and take that back: what certbot does around it needs an authority."""
import json
import sys
from argparse import Namespace

from certbot_dns_rfc2136._internal.dns_rfc2136 import Authenticator

asked = json.load(sys.stdin)
plugin = Authenticator(Namespace(dns_rfc2136_credentials=asked["credentials"]), "dns-rfc2136")
plugin._setup_credentials()
for act, token in asked["steps"]:
    getattr(plugin, act)("example.com", "_acme-challenge.example.com", token)
