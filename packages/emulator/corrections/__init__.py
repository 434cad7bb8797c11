"""What AWS answers where the kept storage emulator answers otherwise: a module for each service.

They run in MiniStack's process, around each service's handler: a request has been authenticated
and authorized by then. They speak AWS's own operations to it, so that another storage emulator
could be corrected alike.
"""
