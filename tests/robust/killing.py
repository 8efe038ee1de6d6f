"""Runs that are killed at random moments, resumed until they end, and compared with one that was left alone."""
import os
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import running

FOLDER = os.path.dirname(os.path.abspath(__file__))


def is_resumable(out):
    return any(os.path.exists(os.path.join(out, "checkpoint", slot)) for slot in ("state-A", "state-B"))


def until(delay, process):
    """True if the process still ran after the delay and was killed."""
    try:
        process.wait(timeout=delay)
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True


def wait_for_checkpoint(out, process):
    while process.poll() is None and not is_resumable(out):
        time.sleep(0.005)


def killed(scene, out, kills, longest, rng):
    """Run, kill up to `kills` times, resume to the end. Returns how often it was killed."""
    process = subprocess.Popen(running.command(scene, out), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env=running.environment())
    wait_for_checkpoint(out, process)  # before the first one there is nothing to go on from
    count = 0
    while count < kills and until(rng.uniform(0, longest), process):
        count += 1
        process = subprocess.Popen([running.BINARY, "resume", out, "--quiet"], stdin=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=running.environment())
        time.sleep(rng.choice([0, 0, 0.3]))
    status = process.wait(timeout=300)
    if status != 0:
        done = subprocess.run([running.BINARY, "resume", out], capture_output=True, text=True,
                              env=running.environment())
        running.fail("after %d kills status %d, and then %d: %s" % (count, status, done.returncode, done.stderr))
    return count


def undisturbed(scene, out):
    """Seconds from its first checkpoint to its end."""
    process = subprocess.Popen(running.command(scene, out), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               env=running.environment())
    wait_for_checkpoint(out, process)
    started = time.time()
    said = process.communicate(timeout=300)[1]
    if process.returncode != 0:
        running.fail("%s: status %d\n%s" % (scene, process.returncode, said))
    return time.time() - started


def stopped(scene, out):
    """SIGTERM: status 75 and a good checkpoint; then the run is resumed."""
    process = subprocess.Popen(running.command(scene, out), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               env=running.environment())
    wait_for_checkpoint(out, process)
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=120)[1]
    if process.returncode != 75:
        running.fail("SIGTERM: status %d instead of 75\n%s" % (process.returncode, said))
    if "resume" not in said:
        running.fail("SIGTERM: nothing is said about how to go on:\n" + said)
    if running.record(out)["status"] != "stopped":
        running.fail("SIGTERM: run.json says '%s'" % running.record(out)["status"])
    running.newest_checkpoint(out)
    running.call([running.BINARY, "resume", out, "--quiet"])


def compare(expected, out, what):
    different = running.differences(expected, running.content(out))
    if different:
        running.fail("%s: other bits than the run that was left alone in %s" % (what, ", ".join(different)))
    if running.record(out)["status"] != "done":
        running.fail("%s: run.json says '%s'" % (what, running.record(out)["status"]))
    left = running.leftovers(out)
    if left:
        running.fail("%s: left lying about: %s" % (what, ", ".join(left)))


def study(runs, seed):
    """`runs` killed runs of each small scene, one of them stopped by SIGTERM first."""
    rng = random.Random(seed)
    for name in ("chronic", "acute"):
        scene = os.path.join(FOLDER, name + ".yaml")
        with running.scratch() as folder:
            alone = os.path.join(folder, "alone")
            length = undisturbed(scene, alone)
            expected = running.content(alone)
            out = os.path.join(folder, "stopped")
            stopped(scene, out)
            compare(expected, out, name + ", stopped by SIGTERM")
            total = 0
            for k in range(runs):
                out = os.path.join(folder, "killed%d" % k)
                count = killed(scene, out, 1 + k % 4, length, rng)
                total += count
                compare(expected, out, "%s, run %d, killed %d times" % (name, k, count))
            print("%s: %d runs killed %d times and one stopped, all equal to the one left alone (%d things compared)" % (
                name, runs, total, len(expected)))
            if total < runs // 2:
                running.fail("only %d kills came in time: the scene is too short" % total)
