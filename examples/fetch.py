"""Fetches a page: fetch.py URL CAFILE. It knows nothing of libsslmode."""
import ssl
import sys
import urllib.request

url, cafile = sys.argv[1:]
context = ssl.create_default_context(cafile=cafile)
with urllib.request.urlopen(url, context=context, timeout=30) as answer:
    print("status", answer.status, "-", len(answer.read()), "bytes")
