"""`python -m controller` is `spotdrain`."""

import sys

from controller.cli.main import main

sys.exit(main())
