"""What moto lacks, bridged; each gap in its own file, with the reason beside it.

`bridged()` is the one door: stock moto outside of it, the bridged one within.
"""

from local.engine.bridge import http_api, streams  # noqa: F401 - register their types
from local.engine.bridge.patches import bridged
from local.engine.bridge.resources import IGNORED
from local.engine.bridge.sam import translate

__all__ = ["IGNORED", "bridged", "translate"]
