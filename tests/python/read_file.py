"""A weights file as the safetensors package sees it, and what it predicts; {path, recipe, W, x} on standard input."""

import json
import struct
import sys

from networks import draws, predict
from safetensors import safe_open
from safetensors.numpy import load_file

request = json.load(sys.stdin)
with safe_open(request["path"], framework="numpy") as file:
    names, metadata = list(file.keys()), file.metadata()
    slices = {name: file.get_slice(name) for name in names}
    shapes = {name: slices[name].get_shape() for name in names}
    dtypes = {name: slices[name].get_dtype() for name in names}
with open(request["path"], "rb") as file:
    header_length = struct.unpack("<Q", file.read(8))[0]
json.dump(
    {
        "shapes": shapes,
        "dtypes": dtypes,
        "metadata": metadata,
        "dataStart": 8 + header_length,
        "y": predict(load_file(request["path"]), *draws(request)).flatten().tolist(),
    },
    sys.stdout,
)
