"""What a task knows of itself, and how it reports. Imported by scripts: ``import svodka_task``."""

import json
import math
import os
import signal
import threading

task_id = None
id = None
attempt = None
meta = None

_send = None
_is_cancelled = False
_is_asked = False
_lock = threading.Lock()


def progress(fraction, text=""):
    """Tells how far the task is: a fraction from 0 to 1, and a few words."""
    value = float(fraction)
    if not math.isfinite(value):
        raise ValueError("progress(fraction, text): the fraction must be a number")
    _tell({"type": "progress", "fraction": min(1.0, max(0.0, value)), "text": str(text)})


def attach(path, content_type="application/octet-stream"):
    """Names a file that becomes the task's result file once the function has returned."""
    _tell({"type": "attach", "path": os.fspath(path), "contentType": str(content_type)})


def cancelled():
    """Whether the task is to stop. A task that never asks is ended without further notice."""
    global _is_asked
    _is_asked = True
    return _is_cancelled


def _tell(message):
    with _lock:
        _send(json.dumps(message, allow_nan=False))


def _begin(task, send):
    global task_id, id, attempt, meta, _send
    task_id, id, attempt, meta = task["task_id"], task["id"], task["attempt"], task["meta"]
    _send = send

    def on_sigterm(_signum, _frame):
        global _is_cancelled
        if not _is_asked:
            os._exit(143)
        _is_cancelled = True

    signal.signal(signal.SIGTERM, on_sigterm)
