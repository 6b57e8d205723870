"""Around the endpoint: request ids, origins, hosts, readiness, and the page that a browser gets."""

import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
import structlog
from websockets.exceptions import InvalidStatus

from app.platform.settings import Settings
from app.server import PAGE
from tests.server.serving import WHO, Served, Socket, serving_with


async def test_a_harmless_request_id_is_taken_over(served: Served) -> None:
    harmless = ("12345678", "a.b_c-D8" * 8)
    harmful = ("short", "x" * 65, "with a space", 'quo"te-quote', "ünverständlich".encode("latin-1"), "semi;colon", "")
    async with served.client() as client:
        for given in harmless:
            answer = await client.post("/graphql", json={"query": WHO}, headers={"x-request-id": given})
            assert answer.headers["x-request-id"] == given
        made = set()
        for given in harmful:
            answer = await client.post("/graphql", json={"query": WHO}, headers={"x-request-id": given})
            made.add(answer.headers["x-request-id"])
        refusal = await client.post("/graphql", content=b"{", headers={"x-request-id": "12345678"})

    assert refusal.headers["x-request-id"] == "12345678"
    assert len(made) == len(harmful)
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in made)


async def test_only_listed_origins_read_the_answers(settings: Settings) -> None:
    ours, theirs = {"origin": "https://app.example.com"}, {"origin": "https://app.example.com.evil.example"}
    ask = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    async with serving_with(settings, allowed_origins=["https://app.example.com"]) as served, served.client() as client:
        read = await client.post("/graphql", json={"query": WHO}, headers=ours)
        refusal = await client.post("/graphql", json={"query": WHO}, headers={**ours, "authorization": "Bearer x"})
        unread = await client.post("/graphql", json={"query": WHO}, headers=theirs)
        allowed = await client.options("/graphql", headers={**ours, **ask})
        not_allowed = await client.options("/graphql", headers={**theirs, **ask})

    for answer in (read, refusal, allowed):
        assert answer.headers["access-control-allow-origin"] == ours["origin"]
        assert "access-control-allow-credentials" not in answer.headers
    assert allowed.status_code == 200
    assert "POST" in allowed.headers["access-control-allow-methods"]
    assert not_allowed.status_code == 400
    for answer in (unread, not_allowed):
        assert "access-control-allow-origin" not in answer.headers


async def test_without_a_list_no_other_origin_reads_the_answers(served: Served) -> None:
    async with served.client(origin="https://app.example.com") as client:
        answer = await client.post("/graphql", json={"query": WHO})

    assert "access-control-allow-origin" not in answer.headers


async def test_only_listed_hosts_are_answered(settings: Settings) -> None:
    async with serving_with(settings, allowed_hosts=["api.example.com", "*.example.org"]) as served:
        async with served.client() as client:
            for host in ("api.example.com", "api.example.com:8000", "API.example.com", "a.example.org"):
                assert (await client.get("/healthz", headers={"host": host})).status_code == 200, host
            for host in ("evil.example", "api.example.com.evil.example", "127.0.0.1", "example.org", ""):
                answer = await client.post("/graphql", json={"query": WHO}, headers={"host": host})
                assert answer.status_code == 400, host
                assert "data" not in answer.text
        with pytest.raises(InvalidStatus) as refusal:
            async with Socket.opened(f"ws://evil.example:{served.port}/graphql", host="127.0.0.1"):
                pass
    assert refusal.value.response.status_code == 400


async def test_alive_and_ready(served: Served) -> None:
    async with served.client() as client:
        alive, ready = await client.get("/healthz"), await client.get("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()["status"], ready.json()["redis"]) == (200, "ready", "ok")


async def test_ready_without_redis_and_says_so(settings: Settings, tmp_path: Path) -> None:
    away = f"unix://{tmp_path}/nobody-listens.sock"
    async with serving_with(settings, redis_url=away) as served, served.client() as client:
        answer = await client.get("/readyz")
        asked = await client.post("/graphql", json={"query": WHO})

    assert (answer.status_code, answer.json()["status"], answer.json()["redis"]) == (200, "degraded", "away")
    assert answer.json()["database"] == "ok"
    assert asked.json() == {"data": {"viewer": None}}


async def test_not_ready_without_the_database(settings: Settings) -> None:
    away = {"database_url": "postgresql+asyncpg://secret-user:secret-word@127.0.0.1:1/none", "database_owner_url": ""}
    async with serving_with(settings, **away) as served, served.client() as client:
        alive, ready = await client.get("/healthz"), await client.get("/readyz")
        with structlog.testing.capture_logs():
            asked = await client.post("/graphql", json={"query": "{ coaches { edges { cursor } } }"})

    assert alive.status_code == 200
    assert (ready.status_code, ready.json()["status"], ready.json()["database"]) == (503, "unready", "away")
    assert asked.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert not any("secret" in answer.text for answer in (ready, asked))


# The page


@pytest.mark.parametrize("demo", [False, True], ids=["without demo", "with demo"])
async def test_a_browser_gets_the_page(settings: Settings, demo: bool) -> None:
    async with serving_with(settings, demo=demo) as served, served.client(accept="text/html") as client:
        page = await client.get("/graphql")
        root = await client.get("/")
        referred = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        loaded = [await client.get(urljoin("/graphql", path)) for path in referred]

    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(part.strip().partition(" ")[::2] for part in page.headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["script-src"], policy["frame-ancestors"]) == ("'none'", "'self'", "'none'")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert re.findall(r"<script[^>]*>[^<]", page.text) == []  # the policy allows none that is written in the page
    assert "%DEMO%" not in page.text
    assert f'content="{"on" if demo else "off"}"' in page.text
    assert (root.status_code, root.headers["location"]) == (307, "/graphql")
    assert len(referred) >= 3
    assert [answer.status_code for answer in loaded] == [200] * len(referred)


@pytest.mark.parametrize(
    "path", ["/healthz/", "/unsubscribe/token/", "/calendar/secret.ics/", "/webhooks/schema.json/"]
)
async def test_nobody_is_led_to_a_host_that_the_asker_has_named(served: Served, path: str) -> None:
    async with served.client(host="evil.example") as client:
        answer = await client.get(path)

    assert answer.status_code == 404
    assert "evil.example" not in str(answer.headers)


async def test_every_asset_of_the_page_has_its_type(served: Served) -> None:
    types = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".ttf": "font/ttf"}
    assets = sorted((PAGE / "assets").iterdir())
    async with served.client() as client:
        for asset in assets:
            answer = await client.get(f"/graphql/assets/{asset.name}")

            assert answer.status_code == 200
            assert answer.headers["content-type"].partition(";")[0] == types[asset.suffix], asset.name
            assert answer.content == asset.read_bytes()
        for path in ("/graphql/assets/nothing.js", "/graphql/assets/..%2findex.html", "/graphql/assets/%00"):
            assert (await client.get(path)).status_code == 404

    assert len(assets) > 10
