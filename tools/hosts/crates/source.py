"""Prints the folder of the crate behind one dependency of this manifest; reads `cargo metadata` from stdin."""
import json
import os
import sys

metadata = json.load(sys.stdin)
# The resolved graph names a renamed dependency as Rust code would.
wanted = sys.argv[1].replace("-", "_")
root = metadata["resolve"]["root"]
node = next(n for n in metadata["resolve"]["nodes"] if n["id"] == root)
ids = {d["pkg"] for d in node["deps"] if d["name"] == wanted}
paths = [p["manifest_path"] for p in metadata["packages"] if p["id"] in ids]
if len(paths) != 1:
    sys.exit(f"hosts: no crate behind {sys.argv[1]}")
print(os.path.dirname(paths[0]))
