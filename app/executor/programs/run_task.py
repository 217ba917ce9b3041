"""The interpreter of one Python task: ``python3 -I run_task.py SCRIPT_DIR``. Speaks JSON lines on descriptor 3."""

import asyncio
import importlib.util
import inspect
import json
import os
import sys
import traceback

MESSAGES_FD = 3
MAX_RESULT_BYTES = 1024 * 1024
MAX_ERROR_CHARACTERS = 16 * 1024

# Not for what the script starts: only this process may answer.
os.set_inheritable(MESSAGES_FD, False)
messages = os.fdopen(os.dup(MESSAGES_FD), "w", encoding="utf-8")
told = json.loads(os.fdopen(MESSAGES_FD, "r", encoding="utf-8", closefd=False).readline())


def send(text):
    message = json.loads(text)
    message["token"] = told["token"]
    messages.write(json.dumps(message) + "\n")
    messages.flush()


# With -I neither the script's folder nor ours is searched for modules.
sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), sys.argv[1]]
import svodka_task  # noqa: E402


def call():
    spec = importlib.util.spec_from_file_location("svodka_script", told["file"])
    module = importlib.util.module_from_spec(spec)
    sys.modules["svodka_script"] = module
    spec.loader.exec_module(module)
    function = getattr(module, told["functionName"], None)
    if not callable(function):
        raise TypeError("%s is not a function of %s" % (told["functionName"], told["file"]))
    args = told["args"]
    send('{"type": "started"}')
    answer = function(*args) if isinstance(args, list) else function(**args)
    return asyncio.run(_awaited(answer)) if inspect.isawaitable(answer) else answer


async def _awaited(answer):
    return await answer


def to_result(value):
    text = json.dumps(value, allow_nan=False)
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_RESULT_BYTES:
        raise ValueError("The result has %d bytes as JSON; 1 MiB is the most." % size)
    return text


os.chdir(told["workDir"])
svodka_task._begin(told["task"], send)
try:
    outcome = '{"type": "result", "isReusable": false, "result": %s}' % to_result(call())
except Exception:
    outcome = json.dumps({"type": "error", "isReusable": False, "text": traceback.format_exc()[-MAX_ERROR_CHARACTERS:]})
for stream in (sys.stdout, sys.stderr):
    stream.write(told["mark"])
    stream.flush()
send(outcome)
# Threads that a script left behind would be waited for.
os._exit(0)
