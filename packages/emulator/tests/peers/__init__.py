"""The tests of other emulators, run against this one: `nox -s peer_suites -- PATH`.

LocalStack's carry recordings of AWS's own answers, moto's say what its users rely on. Their
sources stay where whoever runs them put them: clones of both repositories, side by side in PATH.
"""
