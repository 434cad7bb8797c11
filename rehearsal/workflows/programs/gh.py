"""Stands for `gh attestation verify`: `gh.py ATTESTATIONS attestation verify FILE OPTIONS`.

It checks what the stand-in for actions/attest noted against each option, as the real one checks the
signed statement (https://cli.github.com/manual/gh_attestation_verify); signatures it has none.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """0 if an attestation fits, 1 if none does, 4 without a token that may read them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("attestations", type=Path)
    parser.add_argument("command", choices=["attestation"])
    parser.add_argument("verb", choices=["verify"])
    parser.add_argument("file", type=Path)
    for option in ("--repo", "--signer-workflow", "--source-ref", "--source-digest"):
        parser.add_argument(option, required=True)
    parser.add_argument("--deny-self-hosted-runners", action="store_true", required=True)
    options = parser.parse_args(arguments)
    rights = json.loads(base64.b64decode(os.environ.get("GH_TOKEN", "")) or "{}")
    if rights.get("attestations") not in ("read", "write"):
        print("GH_TOKEN may not read attestations", file=sys.stderr)
        return 4
    wanted = {
        "sha256": hashlib.sha256(options.file.read_bytes()).hexdigest(),
        "repository": options.repo,
        "workflow": options.signer_workflow.removeprefix(f"{options.repo}/"),
        "ref": options.source_ref,
        "commit": options.source_digest,
    }
    noted = options.attestations.read_text().splitlines() if options.attestations.exists() else []
    if wanted not in map(json.loads, noted):
        print(f"no attestation of {options.file} fits {wanted}", file=sys.stderr)
        return 1
    print("Verification succeeded!")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
