"""A run killed at any moment goes on from its last checkpoint and ends with the same bits; SIGTERM ends it with status 75.

Four runs a scene here; tests/robust/long/test_long_kill.py has twenty."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import killing

killing.study(runs=2, seed=1)
