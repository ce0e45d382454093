"""Places orders one after another, as scripts of this kind do.

Standard input holds a line for each order: a header, which this script does
not need, a tab, and the body. The requests are signed by requests-oauthlib.
"""

import os
import sys

import requests
from requests_oauthlib import OAuth1

mode, url = sys.argv[1:]
auth = OAuth1(os.environ["BULKIMPORT_CONSUMER_KEY"], os.environ["BULKIMPORT_CONSUMER_SECRET"])
client = requests.Session() if mode == "--session" else requests
for line in sys.stdin.buffer:
    body = line.rstrip(b"\n").split(b"\t", 1)[1]
    answer = client.post(url, data=body, headers={"Content-Type": "application/json"}, auth=auth)
    answer.raise_for_status()
    answer.json()["orderId"]
