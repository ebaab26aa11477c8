"""`python -m custodes.pipeline DESCRIPTOR`: a worker process, started by the supervisor."""

import sys

from custodes.pipeline.worker import main

main(int(sys.argv[1]))
