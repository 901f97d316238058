"""Looks through what tests left in GATEHOUSE_KEEP for the tokens and keys that they used.

`python -m disk.leftovers DIR`, in the folder above: DIR/secrets has the tokens, DIR/left and DIR/agents the folders.
"""

import pathlib
import sys

from .needles import Needle, keys, of_credential
from .search import configured, search


def main(kept: pathlib.Path) -> int:
    folders = [folder for name in ("left", "agents") if (folder := kept / name).is_dir()]
    tokens = (kept / "secrets").read_text().split() if (kept / "secrets").exists() else []
    named = [(f"token {number}", token) for number, token in enumerate(tokens)]
    named += [one for folder in folders for made in folder.rglob("keys") for one in keys(made).items()]
    needles: list[Needle] = [one for id, text in named for one in of_credential(id, text)]
    searched = search(folders, needles)
    # Keys stand where they belong, and in what tells the command line of a gateway that runs.
    own = ("/keys/", "/run.json")
    hits = [hit for hit in searched.hits if not any(one in hit.file for one in own)]
    hits = [hit for hit in hits if not configured(hit)]
    print(f"{searched.files} files, {searched.bytes} bytes, {len(named)} tokens and keys")
    for hit in sorted(hits, key=lambda hit: (hit.file, hit.id)):
        print(f"{hit.file}: {hit.id} ({hit.view})")
    return 1 if hits or not named else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
