"""The web with little patience for slow clients: python -m tests.limits.web -b 127.0.0.1 -p 8000 APPLICATION"""

import sys

from concord import web
from concord.limits import reception

PATIENCE = 1.0

if __name__ == "__main__":
    reception.HEADERS_WITHIN = reception.BODY_WITHIN = PATIENCE
    web.Interface().run(sys.argv[1:])
