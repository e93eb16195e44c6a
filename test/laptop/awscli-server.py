"""Runs awscli commands one after another in one process: Python and awscli are loaded once, which takes most of each.

Started by the interpreter that awscli is installed for. Reads one JSON object a line, {"args": [...], "cwd": "..."}, and
answers each with one line, {"code": 0, "stdout": "...", "stderr": "..."}; ends when its input does.
"""

import contextlib
import io
import json
import os
import sys

from awscli.clidriver import create_clidriver


def run(args):
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = create_clidriver().main(args)
        except SystemExit as end:
            code = end.code
    stdout, stderr = (stream.buffer.getvalue().decode() for stream in (out, err))
    return {"code": code or 0, "stdout": stdout, "stderr": stderr}


home = os.getcwd()
answers = sys.stdout
for line in sys.stdin:
    command = json.loads(line)
    os.chdir(command.get("cwd") or home)
    answers.write(json.dumps(run(command["args"])) + "\n")
    answers.flush()
