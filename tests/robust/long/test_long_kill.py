"""As tests/robust/test_kill.py, with twenty runs of each scene."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import killing

killing.study(runs=20, seed=2)
