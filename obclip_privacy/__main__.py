"""``python -m obclip_privacy`` is ``obclip``."""

import sys

from obclip_privacy.cli.main import main

sys.exit(main())
