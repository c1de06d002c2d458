"""``python -m horn_conformance.mutants``."""

import sys

from horn_conformance.mutants.run import main

sys.exit(main())
