"""The small sample that is loaded where nobody can reach the Division: a quarter, and some working days after it.

One day is missing and one file has a record that is cut, so that there is something to see.
"""

import os
import shutil
import tempfile
from pathlib import Path

from workers.sunbiz.sample.files import Sample

STANDARD = Sample(missing_day=4, cut_day=2)


def ensure_sample(folder: Path) -> None:
    """Write the standard sample to ``folder`` unless it is there already: all of it or nothing."""
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".sample-", dir=folder.parent))
    try:
        STANDARD.write(made)
        made.chmod(0o755)
        os.rename(made, folder)
    except OSError:
        # Another process was quicker.
        if not folder.exists():
            raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
