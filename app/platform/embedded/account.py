"""The user of the machine that the servers run as: PostgreSQL refuses root, and no user is ever added for it."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from app.platform.embedded.failures import EmbeddedServerFailed
from app.platform.embedded.programs import Programs

_PROBE = '"$1" --bindir && "$2" --version && test -w "$3"'  # pg_config asks the same of its place as the others do
_PROBE_SECONDS = 20
_RUN_SECONDS = 120


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said on both its outputs."""

    code: int
    said: str


@dataclass(frozen=True)
class Account:
    """A user id and the way by which a command is run under it."""

    uid: int
    gid: int
    switch: bool  # we are root: commands must change to this user first
    prefix: tuple[str, ...] = ()  # a program that changes the user, instead of the fork itself

    def popen(self, command: list[str], output: int, words: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """Start a command in a session of its own, so that a terminal's Ctrl-C does not reach it before us."""
        in_fork = self.switch and not self.prefix
        return subprocess.Popen(
            [*self.prefix, *command],
            stdin=words,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
            env=_environment(),
            umask=0o077,
            user=self.uid if in_fork else None,
            group=self.gid if in_fork else None,
            extra_groups=[] if in_fork else None,
        )

    def run(self, command: list[str], words: str = "", seconds: float = _RUN_SECONDS) -> Ended:
        """Run a command to its end, giving it these words to read."""
        with self.popen(command, subprocess.PIPE, subprocess.PIPE) as process:
            try:
                said, _ = process.communicate(words.encode(), timeout=seconds)
            except BaseException:
                process.kill()
                raise
        return Ended(process.returncode, said.decode(errors="replace"))

    def own(self, folder: Path) -> None:
        """Hand a folder of ours to this user."""
        if not self.switch:
            return
        try:
            os.chown(folder, self.uid, self.gid)
        except OSError as refusal:
            raise EmbeddedServerFailed(
                f"PostgreSQL refuses to be run by root, and this root may not hand {folder} to the user "
                f"'{name_of(self.uid)}' ({refusal.strerror}; a container without that right?). "
                "Start Rapport as an ordinary user."
            ) from refusal


def account_for(cluster: Path) -> Account:
    """Ourselves; as root the owner of the cluster, which only its owner may serve, and for a new one `nobody`."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return Account(owner.st_uid, _group_of(owner), switch=True)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedServerFailed(
            "PostgreSQL refuses to be run by root, and this machine has no user 'nobody' to run it as. "
            "Start Rapport as an ordinary user."
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid, switch=True)


def name_of(uid: int) -> str:
    """The user's name, or its number where the machine knows no name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _group_of(owner: os.stat_result) -> int:
    try:
        return pwd.getpwuid(owner.st_uid).pw_gid
    except KeyError:
        return owner.st_gid


def able_to_reach(folder: Path, programs: Programs, account: Account) -> Account:
    """The account with the fewest rights that can run the programs and write the folder, which it owns.

    The programs or the folder may lie below a folder that is closed to this user. Its mode stays as it is:
    the servers get the one capability that passes closed folders.
    """
    if not account.switch:
        return account
    for candidate in _candidates(account):
        if _reaches(candidate, folder, programs):
            return candidate
    raise EmbeddedServerFailed(
        f"PostgreSQL refuses to be run by root, and the user '{name_of(account.uid)}' can reach {programs.postgres} "
        f"or {folder} neither by itself nor with setpriv (from util-linux; it needs the capability DAC_READ_SEARCH or "
        "DAC_OVERRIDE). Start Rapport as an ordinary user, or from a folder that others may enter."
    )


def _candidates(account: Account) -> Iterator[Account]:
    yield account
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return
    for capability in ("dac_read_search", "dac_override"):  # containers often withhold the lesser one
        user = (f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups", "--no-new-privs")
        rights = (f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}")
        # Without this the kernel leaves the capability out of account in access(2), by which PostgreSQL finds itself.
        heeded = "--securebits=+no_setuid_fixup"
        yield replace(account, prefix=(setpriv, *user, *rights, heeded, "--"))


def _reaches(account: Account, folder: Path, programs: Programs) -> bool:
    probe = ["/bin/sh", "-c", _PROBE, "sh", str(programs.pg_config), str(programs.redis_server), str(folder)]
    try:
        return account.run(probe, seconds=_PROBE_SECONDS).code == 0
    except (OSError, subprocess.SubprocessError):
        return False


def _environment() -> dict[str, str]:
    # PG… and LC_… variables of the caller would change what the servers do.
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {"PATH": os.defpath, **kept, "LC_ALL": "C", "TZ": "UTC"}
