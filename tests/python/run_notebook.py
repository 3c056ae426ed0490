"""Validates a notebook where nbformat is, and runs its code cells from top to bottom in one namespace where PyTorch is.

{folder, notebook} on standard input, and {recipe, W, x} where it is asked what the notebook's `net` makes of draws. Without PyTorch the cells are only compiled; with it they see nothing else that
is installed here, since they promise to need nothing else.
"""

import contextlib
import io
import json
import os
import sys
from importlib.util import find_spec

request = json.load(sys.stdin)
os.chdir(request["folder"])
answer = {"validated": False, "ran": False, "error": None}

if find_spec("nbformat"):
    import nbformat

    nbformat.validate(nbformat.read(request["notebook"], as_version=nbformat.NO_CONVERT))
    answer["validated"] = True

with open(request["notebook"], encoding="utf-8") as file:
    cells = [cell for cell in json.load(file)["cells"] if cell["cell_type"] == "code"]
codes = [compile("".join(cell["source"]), f"cell {cell['id']}", "exec") for cell in cells]

if find_spec("torch"):
    for package in ("numpy", "safetensors"):
        sys.modules[package] = None
    names = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            for code in codes:
                exec(code, names)
            answer["ran"] = True
        except Exception as error:
            answer["error"] = f"{code.co_filename}: {type(error).__name__}: {error}"
    answer["printed"] = printed.getvalue()
    if answer["ran"] and "W" in request:
        torch, d = names["torch"], request["recipe"]["d"]
        W, x = torch.tensor(request["W"]).reshape(-1, d, d), torch.tensor(request["x"]).reshape(-1, d)
        with torch.no_grad():
            answer["y"] = names["net"].cpu()(W, x).flatten().tolist()

json.dump(answer, sys.stdout)
