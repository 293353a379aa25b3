"""What FFmpeg complains of while it reads or decodes: of much damage its log is the only sign.

`with Complaints() as said:` collects the errors that it logs in this thread, as (level, who, what).
"""

from __future__ import annotations

import logging

import av.logging
from av.logging import Capture as Complaints

__all__ = ["Complaints"]

av.logging.set_level(av.logging.ERROR)
av.logging.set_skip_repeated(False)  # else the second of two damaged packets would be none
# Nobody else is to hear of it, as where FFmpeg's log is off.
logging.getLogger("libav").addHandler(logging.NullHandler())
logging.getLogger("libav").propagate = False
