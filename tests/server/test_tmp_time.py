import time
from tests.operations import add_window, book
async def test_a(practice):
    pass
async def test_b(practice):
    t=time.time(); c=await practice.coach(); m=await practice.member(c); print("people",time.time()-t)
    t=time.time()
    await add_window(practice,c); print("win",time.time()-t)
    t=time.time(); await book(practice,m,c,"2026-03-02T09:00:00Z"); print("book",time.time()-t)
