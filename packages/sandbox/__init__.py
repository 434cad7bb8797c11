"""Local work: its environment, its processes, and the emulated AWS that it runs on.

Below all other parts, as `reporting` is, and made of the standard library alone, since
`noxfile.py` uses it before anything is installed.
"""
