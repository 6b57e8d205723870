"""Encrypted values and the keys that they are under: what was sealed is read again, and nothing else is."""

import os
from base64 import b64encode
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.platform.encryption import SHORTEST, Key, Place, UnreadableValue, key_id_of, master_key, read_master_keys
from app.platform.ids import new_id
from app.platform.keys import KeyFile, Keys, MasterKeys, master_keys
from app.platform.settings import InvalidSettings, Settings

HERE = Place("session_notes", "content", UUID(int=7))
SECRET = bytes(range(32))
KEY = Key(UUID(int=1).bytes, SECRET)

places = st.builds(Place, st.sampled_from(["session_notes", "messages"]), st.sampled_from(["content", "x"]), st.uuids())


def written(*keys: tuple[str, bytes]) -> str:
    return ",".join(f"{name}:{b64encode(secret).decode()}" for name, secret in keys)


@given(st.binary(max_size=2_000), places, st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32))
def test_what_was_sealed_is_read_again(plain: bytes, place: Place, key_id: bytes, secret: bytes) -> None:
    key = Key(key_id, secret)

    value = key.seal(plain, place)

    assert key.unseal(value, place) == plain
    assert key_id_of(value, place) == key_id
    assert len(value) == SHORTEST + len(plain)
    assert len(plain) < 8 or plain not in value[SHORTEST - 16 :]


@given(st.binary(max_size=200), places, places)
def test_a_value_is_read_in_its_own_place_only(plain: bytes, place: Place, other: Place) -> None:
    value = KEY.seal(plain, place)

    if place == other:
        assert KEY.unseal(value, other) == plain
    else:
        with pytest.raises(UnreadableValue, match=f"^{other.table} {other.row_id}: {other.column} "):
            KEY.unseal(value, other)


@given(st.binary(max_size=100), st.data())
def test_a_value_that_was_changed_anywhere_is_refused(plain: bytes, data: st.DataObject) -> None:
    value = bytearray(KEY.seal(plain, HERE))
    value[data.draw(st.integers(0, len(value) - 1))] ^= data.draw(st.integers(1, 255))

    with pytest.raises(UnreadableValue):
        KEY.unseal(bytes(value), HERE)


@given(st.binary(max_size=SHORTEST - 1))
def test_what_is_too_short_is_no_encrypted_value(value: bytes) -> None:
    with pytest.raises(UnreadableValue, match="is no encrypted value"):
        KEY.unseal(value, HERE)


def test_a_tampered_version_byte_is_named() -> None:
    value = KEY.seal(b"words", HERE)

    with pytest.raises(UnreadableValue, match=f"^session_notes {HERE.row_id}: content is of the version 2"):
        KEY.unseal(b"\2" + value[1:], HERE)


def test_another_key_of_the_same_id_does_not_read_it() -> None:
    with pytest.raises(UnreadableValue):
        Key(KEY.id, bytes(32)).unseal(KEY.seal(b"words", HERE), HERE)


def test_one_text_is_never_sealed_alike_twice() -> None:
    assert len({KEY.seal(b"words", HERE) for _ in range(100)}) == 100


def test_a_key_shows_its_secret_nowhere() -> None:
    key = master_key("first", b"0123456789abcdef0123456789abcdef")

    assert "0123456789" not in repr(key)
    assert "0123456789" not in repr(MasterKeys({"first": key}, source="X"))


# Master keys, as they are written


def test_keys_are_read_in_their_order() -> None:
    assert list(read_master_keys(written(("b", SECRET), ("a", bytes(32))))) == ["b", "a"]
    assert list(read_master_keys(written(("b", SECRET)) + "\n" + written(("a", bytes(32))) + "\n")) == ["b", "a"]


@pytest.mark.parametrize(
    "wrong",
    ["", ",", "only", "first:", "first:%%%", written(("first", b"short")), written(("an id that is too long", SECRET))],
)
def test_keys_that_are_written_wrong_are_refused_without_repeating_them(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"key") as refused:
        read_master_keys(wrong)

    assert wrong.rpartition(":")[2] not in str(refused.value) or not wrong.rpartition(":")[2]


def test_a_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys")

    file.make("first")
    before = file.read()
    file.make("second")

    assert list(before) == ["first"]
    assert file.read() == before
    assert os.stat(file.path).st_mode & 0o777 == 0o600


def test_a_key_file_that_others_can_read_is_refused_by_its_name(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys")
    file.make("first")
    file.path.chmod(0o640)

    with pytest.raises(InvalidSettings, match=rf"^ENCRYPTION_KEY_FILE: {file.path} .*600"):
        file.read()


def test_a_new_key_is_put_first_and_the_others_stay(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys")
    file.make("first")
    old = file.read()["first"]

    with file.held():
        file.put_first(master_key("second", SECRET))

    assert list(file.read()) == ["second", "first"]
    assert file.read()["first"] == old
    assert os.stat(file.path).st_mode & 0o777 == 0o600


def test_keys_of_a_file_are_read_again_when_one_is_not_known(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys")
    file.make("first")
    keys = MasterKeys(file.read(), source="the file", file=file)
    new = master_key("second", SECRET)

    assert keys.get(new.id) is None
    with file.held():
        file.put_first(new)

    assert keys.get(new.id) == new
    assert keys.ids == ["second", "first"]


def test_without_keys_a_start_is_refused_by_the_name_of_the_variable(settings: Settings, tmp_path: Path) -> None:
    without = settings.model_copy(update={"encryption_keys": ""})

    with pytest.raises(InvalidSettings, match=r"^ENCRYPTION_KEYS: .*DATABASE_URL"):
        master_keys(without)
    with pytest.raises(InvalidSettings, match=rf"^ENCRYPTION_KEY_FILE: {tmp_path}/keys cannot be read"):
        master_keys(without.model_copy(update={"encryption_key_file": tmp_path / "keys"}))
    assert list(tmp_path.iterdir()) == []


def test_only_so_many_unwrapped_keys_are_kept_and_those_used_last() -> None:
    keys = Keys(MasterKeys({}, source="X"), most=3)
    owners = [new_id() for _ in range(4)]
    made = [Key.made(owner.bytes) for owner in owners]
    for owner, key in zip(owners[:3], made, strict=False):
        keys.keep(owner, key)

    assert keys.kept((owners[0], made[0].id)) == made[0]
    keys.keep(owners[3], made[3])

    assert [keys.kept((owner, key.id)) == key for owner, key in zip(owners, made, strict=True)] == [
        *(True, False, True, True)
    ]
    assert keys.kept((owners[1], made[0].id)) is None, "somebody else's key"
