"""The first import of each handler: while Lambda starts a process, nothing is looked over for garbage.

Tens of thousands of objects come into being, none of which goes, and the collector would walk over all of them again
and again: a tenth of the start. `functions.shared.wiring.prepare`, the last step of a start, turns it on again.
"""

import gc
import os

if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:  # Lambda's own
    gc.disable()
