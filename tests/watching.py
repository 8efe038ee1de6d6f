"""How tests look at a run that is watched (run --watch)."""
import http.client
import json
import re
import subprocess

import running


class Run:
    """A run (or resume) in the background and the address it told."""

    def __init__(self, words):
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        stdin=subprocess.DEVNULL, env=running.environment())
        first = self.process.stderr.readline()
        found = re.fullmatch(r"watch the run at (http://127\.0\.0\.1:(\d+)(/[0-9a-f]{32,}/))\n", first)
        if not found:
            self.process.kill()
            running.fail("no address: " + first + self.process.stderr.read())
        self.address, self.port, self.path = found.group(1), int(found.group(2)), found.group(3)

    def ask(self, what, method="GET", headers=None, whole_path=False):
        """(status, body), or (0, b"") if nobody is there."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, what if whole_path else self.path + what, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def data(self):
        status, body = self.ask("data.json")
        return json.loads(body)["runs"][0] if status == 200 else None

    def end(self, status):
        """What it said; status: the exit status, or several."""
        said = self.process.communicate(timeout=300)[1]
        if self.process.returncode not in (status if isinstance(status, tuple) else (status,)):
            running.fail("exit status %d instead of %s\n%s" % (self.process.returncode, status, said))
        return said


def rows(data):
    return data["series"]["rows"] if data and data["series"] else 0
