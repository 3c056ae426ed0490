"""Runs the page's lines in the folder where the file lies, then asks their `net`; {folder, script, recipe, W, x} on standard input."""

import contextlib
import io
import json
import os
import runpy
import sys

request = json.load(sys.stdin)
os.chdir(request["folder"])
with contextlib.redirect_stdout(io.StringIO()) as printed:
    names = runpy.run_path(request["script"])

import torch  # noqa: E402  (the lines must not depend on what this script has imported)

d = request["recipe"]["d"]
W, x = torch.tensor(request["W"]).reshape(-1, d, d), torch.tensor(request["x"]).reshape(-1, d)
with torch.no_grad():
    y = names["net"](W, x)
json.dump({"printed": printed.getvalue(), "y": y.flatten().tolist()}, sys.stdout)
