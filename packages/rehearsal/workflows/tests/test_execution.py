"""Small workflows, executed: what runs, what is skipped, what one step leaves to the next."""

from __future__ import annotations

import textwrap
import time
from typing import TYPE_CHECKING

import pytest

from rehearsal.workflows import filecommands, machine
from rehearsal.workflows.github import DefinitionError
from rehearsal.workflows.tests.small import HEAD

if TYPE_CHECKING:
    from rehearsal.workflows.tests.small import Small


def test_files_carry_from_step_to_step(small: Small) -> None:
    """GITHUB_OUTPUT, GITHUB_ENV, GITHUB_PATH and the summary are real files, new for each step."""
    run = small.run(
        """
        j:
          runs-on: ubuntu-24.04
          env: {KEPT: "${{ inputs.what }}"}
          steps:
            - id: one
              run: |
                mkdir bin && printf '#!/bin/sh\\necho mine' > bin/tool && chmod +x bin/tool
                echo "$PWD/bin" >> "$GITHUB_PATH"
                printf 'A=1\\nB<<END\\ntwo\\nlines\\nEND\\n' >> "$GITHUB_ENV"
                echo found=7 >> "$GITHUB_OUTPUT"
                echo first >> "$GITHUB_STEP_SUMMARY"
            - if: ${{ steps.one.outputs.found == '7' && env.A == '1' }}
              env: {FOUND: "${{ steps.one.outputs.found }}"}
              run: |
                test "$(tool) $A $B $FOUND $KEPT" = "mine 1 two
                lines 7 x"
                test ! -s "$GITHUB_OUTPUT"
                echo second >> "$GITHUB_STEP_SUMMARY"
        """
    )
    assert [step.outcome for step in run.jobs[0].steps] == ["success", "success"]
    assert run.jobs[0].summary == "first\nsecond\n"


def test_after_a_failure(small: Small) -> None:
    """Only what asks for the status runs."""
    steps = """
    - run: "true"
    - id: bad
      run: "false"
    - run: "true"
    - if: ${{ failure() }}
      run: "true"
    - if: ${{ always() && steps.bad.outcome == 'failure' }}
      run: "true"
    - if: ${{ cancelled() }}
      run: "true"
    """
    assert small.outcomes(steps) == [
        *("success", "failure", "skipped", "success", "success", "skipped")
    ]


def test_bash_as_github_calls_it(small: Small) -> None:
    """A failure within a pipe, or before the last line, fails the step."""
    assert small.outcomes("- run: 'false | true'") == ["failure"]
    assert small.outcomes("- run: |\n    false\n    true") == ["failure"]


def test_a_machine_is_new_for_each_job(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files and variables of one job are not there in the next, nor are this machine's."""
    monkeypatch.setenv("MINE", "mine")
    job = 'runs-on: ubuntu-24.04\n  steps: [{run: \'test ! -e left && test -z "$A$MINE" && '
    job += "touch left && echo A=1 >> $GITHUB_ENV'}]\n"
    run = small.run(f"a:\n  {job}b:\n  needs: a\n  {job}")
    assert run.results() == {"a": "success", "b": "success"}


def test_jobs_need_each_other(small: Small) -> None:
    """A failure skips what needs it, directly or not; `always` and `!cancelled` run."""
    run = small.run(
        """
        good: {runs-on: u, steps: [{run: "true"}]}
        bad: {runs-on: u, needs: good, steps: [{run: "false"}]}
        after: {runs-on: u, needs: [good, bad], steps: [{run: "true"}]}
        later: {runs-on: u, needs: after, steps: [{run: "true"}]}
        mourns: {runs-on: u, if: "${{ failure() }}", needs: after, steps: [{run: "true"}]}
        last:
          if: ${{ always() && needs.bad.result == 'failure' }}
          needs: [bad, later]
          runs-on: u
          steps: [{run: "true"}]
        """
    )
    assert run.results() == {
        "good": "success", "bad": "failure", "after": "skipped", "later": "skipped",
        "mourns": "success", "last": "success",
    }  # fmt: skip
    assert run.result == "failure"


def test_a_matrix(small: Small) -> None:
    """A job per combination, those that are included too; what needs it sees one result."""
    run = small.run(
        """
        m:
          name: ${{ matrix.a }}${{ matrix.b }}${{ matrix.c }}
          runs-on: u
          strategy:
            fail-fast: false
            matrix: {a: [x, y], b: [1, 2], include: [{a: x, c: "!"}, {a: z, b: 3}]}
          steps: [{run: 'test "$A" != y2', env: {A: "${{ matrix.a }}${{ matrix.b }}"}}]
        n: {runs-on: u, needs: m, if: "${{ needs.m.result == 'success' }}", steps: [{run: "true"}]}
        """
    )
    assert run.results() == {
        "x1!": "success", "x2!": "success", "y1": "success", "y2": "failure", "z3": "success",
        "n": "skipped",
    }  # fmt: skip


def test_a_called_workflow_and_a_composite_action(small: Small) -> None:
    """Both get their own inputs; the called job's name stands after its caller's."""
    small.write(
        "a/action.yml",
        """
        name: a
        description: a
        inputs: {greeting: {description: g, default: hello}}
        runs:
          using: composite
          steps:
            - run: echo "SAID=$G" >> "$GITHUB_ENV"
              shell: bash
              env: {G: "${{ inputs.greeting }}"}
        """,
    )
    small.write(
        ".github/workflows/called.yml",
        HEAD.format(on="{workflow_call: {inputs: {who: {type: string, required: true}}}}")
        + """
  inner:
    runs-on: u
    environment: {name: dev, url: "https://${{ vars.REGION }}"}
    steps:
      - uses: $/a
      - run: test "$SAID $WHO" = "hello mona"
        env: {WHO: "${{ inputs.who }}"}
""",
    )
    run = small.run("call: {uses: $/.github/workflows/called.yml, with: {who: mona}}")
    assert run.results() == {"call / inner": "success"}
    assert small.hosting.deployments == [("dev", "https://r")]
    with pytest.raises(DefinitionError, match="who is required"):
        small.run("call: {uses: $/.github/workflows/called.yml}")
    with pytest.raises(DefinitionError, match="whom is not defined"):
        small.run("call: {uses: $/.github/workflows/called.yml, with: {who: mona, whom: x}}")


def test_a_called_workflow_has_no_more_rights_than_its_caller(small: Small) -> None:
    """GitHub refuses to start it."""
    inner = "\n  inner: {runs-on: u, permissions: {id-token: write}, steps: [{run: 'true'}]}\n"
    small.write(".github/workflows/called.yml", HEAD.format(on="{workflow_call: }") + inner)
    with pytest.raises(DefinitionError, match="asks for id-token: write, which call lacks"):
        small.run("call: {uses: $/.github/workflows/called.yml, permissions: {id-token: none}}")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten what a cancelled step's shell is given."""
    monkeypatch.setattr(machine, "INTERRUPTED", 0.3)
    monkeypatch.setattr(machine, "TERMINATED", 0.3)


@pytest.mark.usefixtures("impatient")
def test_a_cancelled_run_cleans_up(small: Small) -> None:
    """A shell that ignores both signals is killed; what asks for it runs, later jobs do not."""
    started = small.hosting.root / "machines/1/workspace/started"
    run = small.run(
        """
        a:
          runs-on: u
          steps:
            - run: trap '' INT TERM; touch started; sleep 60 & wait $! || sleep 60
            - run: "true"
            - if: ${{ cancelled() }}
              run: "true"
        b: {runs-on: u, needs: a, steps: [{run: "true"}]}
        c: {runs-on: u, needs: a, if: "${{ always() }}", steps: [{run: "true"}]}
        """,
        cancel_when=started.exists,
    )
    assert [step.outcome for step in run.jobs[0].steps] == ["cancelled", "skipped", "success"]
    assert run.results() == {"a": "cancelled", "b": "skipped", "c": "success"}


@pytest.mark.usefixtures("impatient")
def test_only_the_shell_is_told_of_a_cancellation(small: Small) -> None:
    """What it started hears nothing, and goes on beside the steps that clean up; then it is killed.

    The shell itself waits for its child after SIGINT and dies of SIGTERM.
    """
    root = small.hosting.root
    child = f"""
    import pathlib, signal, time
    here = pathlib.Path("{root}")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: (here / "told").touch())
    (here / "started").touch()
    for beat in range(600):
        (here / "beat").write_text(f"{{beat:03}}")
        time.sleep(0.05)
    """
    (root / "child.py").write_text(textwrap.dedent(child), encoding="utf-8")
    steps = f"""
    - run: |
        python3 {root}/child.py
        touch {root}/after
    - if: ${{{{ cancelled() }}}}
      run: cp {root}/beat {root}/first && sleep 0.5 && cp {root}/beat {root}/second
    """
    assert small.outcomes(steps, cancel_when=(root / "started").exists) == ["cancelled", "success"]
    assert not (root / "told").exists()
    assert not (root / "after").exists()
    assert (root / "first").read_text() < (root / "second").read_text()
    last = (root / "beat").read_text()
    time.sleep(0.3)
    assert (root / "beat").read_text() == last


def test_a_lost_runner_cleans_nothing_up(small: Small) -> None:
    """The job has failed; no step of it runs any more, not even one that always does."""
    started = small.hosting.root / "machines/1/workspace/started"
    run = small.run(
        """
        a:
          runs-on: u
          steps: [{run: touch started; sleep 60}, {if: "${{ always() }}", run: "true"}]
        b: {runs-on: u, needs: a, if: "${{ failure() }}", steps: [{run: "true"}]}
        """,
        lose_when=started.exists,
    )
    assert run.jobs[0].steps == []
    assert run.results() == {"a": "failure", "b": "success"}


def test_a_job_that_may_fail_stops_nothing(small: Small) -> None:
    """It is red itself; what needs it goes on."""
    run = small.run(
        """
        a: {runs-on: u, continue-on-error: true, steps: [{run: "false"}]}
        b: {runs-on: u, needs: a, steps: [{run: "true"}]}
        """
    )
    assert run.results() == {"a": "failure", "b": "success"}


@pytest.mark.usefixtures("impatient")
def test_a_job_that_takes_too_long_is_cancelled(small: Small) -> None:
    """Its timeout ends the step; what cleans up has time."""
    steps = "[{run: sleep 60}, {if: '${{ cancelled() }}', run: sleep 0.5}]"
    run = small.run(f"j: {{runs-on: u, timeout-minutes: 0.01, steps: {steps}}}")
    assert [step.outcome for step in run.jobs[0].steps] == ["cancelled", "success"]
    assert run.results() == {"j": "cancelled"}


@pytest.mark.parametrize(
    ("jobs", "named"),
    [
        ("j: {runs-on: u, container: c, steps: []}", "container"),
        ("j: {runs-on: u, steps: [{run: x, continue-on-error: true}]}", "continue-on-error"),
        ("j: {runs-on: u, continue-on-error: '${{ true }}', steps: []}", "continue-on-error"),
        ("j: {runs-on: u, steps: [{run: x, shell: pwsh}]}", "pwsh"),
        ("j: {runs-on: u, strategy: {matrix: {a: [1]}}, steps: []}", "fail-fast"),
        ("j: {runs-on: u, outputs: {a: b}, steps: []}", "outputs"),
        ("a: {runs-on: u, needs: b, steps: []}\nb: {runs-on: u, needs: a, steps: []}", "no depend"),
    ],
)
def test_what_is_not_executed_is_refused_by_name(small: Small, jobs: str, named: str) -> None:
    """No key is passed over in silence."""
    with pytest.raises(DefinitionError, match=named):
        small.run(jobs)


def test_only_its_events_start_a_workflow(small: Small) -> None:
    """And inputs are those that it declares, choices those that it offers."""
    job = "j: {runs-on: u, steps: [{run: 'true'}]}"
    with pytest.raises(DefinitionError, match="not started by schedule"):
        small.run(job, event="schedule")
    assert not small.run(job, on="{push: {branches: [other]}}", event="push").started
    with pytest.raises(DefinitionError, match="no input who"):
        small.run(job, inputs={"who": "x"})
    chosen = "{workflow_dispatch: {inputs: {w: {type: choice, options: [a], required: true}}}}"
    with pytest.raises(DefinitionError, match="w offers no 'b'"):
        small.run(job, on=chosen, inputs={"w": "b"})


@pytest.mark.parametrize(
    "step",
    [
        "- uses: some/action@0",
        "- {uses: actions/upload-artifact@0, with: {path: none, if-no-files-found: error}}",
        "- {uses: actions/download-artifact@0, with: {name: none}}",
        "- {uses: actions/download-artifact@0, with: {path: x}}",
        "- {uses: actions/checkout@0, with: {persist-credentials: false}}",
        "- {uses: aws-actions/configure-aws-credentials@0, with: {role-to-assume: a}}",
    ],
)
def test_an_action_that_cannot_do_its_work_fails(small: Small, step: str) -> None:
    """Without a stand-in, an input, a file, an artifact or a right it fails the step."""
    assert small.outcomes(step) == ["failure"]


def test_an_action_s_unknown_input_is_a_failure(small: Small) -> None:
    """A stand-in passes over nothing either."""
    step = "- {uses: actions/upload-artifact@0, with: {path: a, overwrite: true}}"
    assert small.outcomes(f"- run: touch a\n{step}") == ["success", "failure"]


def test_artifacts_and_caches_are_folders(small: Small) -> None:
    """An artifact goes from job to job of a run, a cache from run to run once a job succeeded."""
    jobs = """
    a:
      runs-on: u
      steps:
        - uses: actions/cache@0
          with: {path: kept/, key: "k-${{ github.run_id }}", restore-keys: k-}
        - run: mkdir -p kept out && echo x >> kept/file && cp kept/file out/report.html
        - {uses: actions/upload-artifact@0, with: {name: o, path: out/report.*}}
    b:
      needs: a
      runs-on: u
      steps:
        - {uses: actions/download-artifact@0, with: {name: o, path: in}}
        - run: test "$(wc -l < in/report.html)" = "$LINES_WANTED"
          env: {LINES_WANTED: "${{ inputs.what }}"}
    """
    assert small.run(jobs, inputs={"what": "1"}).result == "success"
    assert small.run(jobs, inputs={"what": "2"}).result == "success"


def test_a_broken_file_command_fails_the_step(small: Small) -> None:
    """As on GitHub."""
    assert small.outcomes("- run: echo nothing >> $GITHUB_OUTPUT") == ["failure"]
    with pytest.raises(filecommands.FileCommandError, match="delimiter"):
        filecommands.pairs("A<<END\nx\n")
