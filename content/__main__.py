"""Checks the content by itself, where there is nothing else to check it against: `python -m content`."""

import sys

from content import ContentError, load_content

try:
    load_content()
except ContentError as error:
    sys.exit(str(error))
print("De inhoud klopt.")
