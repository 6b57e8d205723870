import time
from app.server import Application
from tests.server.serving import *


async def test_x(settings):
    t = time.time()
    app = Application(
        settings.model_copy(
            update={
                "database_url": "postgresql+asyncpg://secret-user:secret-word@127.0.0.1:1/none",
                "database_owner_url": "",
            }
        )
    )
    print("made", time.time() - t)
    async with start_serving(app, lifespan=True) as s, s.client() as c:
        print("served", time.time() - t)
        r = await c.get("/readyz")
        print(r.text, time.time() - t)
        r = await c.get("/readyz")
        print(r.text, time.time() - t)
        r = await c.post("/graphql", json={"query": "{ coaches { edges { cursor } } }"})
        print(r.text, time.time() - t)
