"""Stands for `gh`: `gh.py FOLDER attestation verify|issue list|issue create|issue comment ...`.

`verify` checks what the stand-in for actions/attest noted against each option, as the real one
checks the signed statement (https://cli.github.com/manual/gh_attestation_verify); signatures it has
none. Issues are kept in a file. What the job's token may not do, is refused.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import sys
from pathlib import Path

ATTESTATIONS, ISSUES = "attestations.jsonl", "issues.json"


def main(arguments: list[str]) -> int:
    """0 if it did what was asked, 1 if no attestation fits, 4 without a token that may."""
    options = _parser().parse_args(arguments)
    scope, level = ("attestations", "read") if "verify" in options else ("issues", "write")
    rights = json.loads(base64.b64decode(os.environ.get("GH_TOKEN", "")) or "{}")
    if rights.get(scope) not in (level, "write"):
        print(f"GH_TOKEN lacks {scope}: {level}", file=sys.stderr)
        return 4
    answer: int = options.act(options)
    return answer


def _verify(options: argparse.Namespace) -> int:
    wanted = {
        "sha256": hashlib.sha256(options.file.read_bytes()).hexdigest(),
        "repository": options.repo,
        "workflow": options.signer_workflow.removeprefix(f"{options.repo}/"),
        "ref": options.source_ref,
        "commit": options.source_digest,
    }
    place = options.folder / ATTESTATIONS
    noted = place.read_text(encoding="utf-8").splitlines() if place.exists() else []
    if wanted not in map(json.loads, noted):
        print(f"no attestation of {options.file} fits {wanted}", file=sys.stderr)
        return 1
    print("Verification succeeded!")
    return 0


def _issue(options: argparse.Namespace) -> int:
    place = options.folder / ISSUES
    issues = json.loads(place.read_text(encoding="utf-8")) if place.exists() else []
    if options.what == "list":
        print(
            json.dumps([{"number": issue["number"], "title": issue["title"]} for issue in issues])
        )
        return 0
    if options.what == "create":
        issues.append({"number": len(issues) + 1, "title": options.title, "said": []})
    issue = issues[-1 if options.what == "create" else int(options.number) - 1]
    issue["said"].append(options.body)
    place.write_text(json.dumps(issues), encoding="utf-8")
    print(f"https://github.com/{options.repo}/issues/{issue['number']}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gh", allow_abbrev=False)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--version", action="version", version="gh version 2.74.0 (stand-in)")
    commands = parser.add_subparsers(required=True)
    verify = commands.add_parser("attestation").add_subparsers(required=True).add_parser("verify")
    verify.set_defaults(act=_verify, verify=True)
    verify.add_argument("file", type=Path)
    for option in ("--repo", "--signer-workflow", "--source-ref", "--source-digest"):
        verify.add_argument(option, required=True)
    verify.add_argument("--deny-self-hosted-runners", action="store_true", required=True)
    issue = commands.add_parser("issue").add_subparsers(dest="what", required=True)
    known = {
        "list": ("--repo", "--state", "--search", "--json"),
        "create": ("--repo", "--title", "--body"),
        "comment": ("--repo", "--body"),
    }
    for name, named in known.items():
        one = issue.add_parser(name)
        one.set_defaults(act=_issue)
        if name == "comment":
            one.add_argument("number")
        for option in named:
            one.add_argument(option, required=True)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
