import json, time
from tests.server.serving import *
from tests.operations import *
async def test_b(practice):
    async with start_serving(practice.application) as s, s.client() as c:
        async def show(label, coro):
            t=time.time()
            try: r=await coro
            except Exception as e: print(f"{label:32} {e!r}"); return
            print(f"{label:32} {r.status_code} {r.headers.get('content-type')} {r.text[:200]!r} {time.time()-t:.3f}")
        J={"content-type":"application/json"}
        p=lambda b,**h: c.post("/graphql",content=b,headers=J|h)
        await show("q",p(b'{"query":"{__typename}"}'))
        for label,b in dict(garbage=b"{", empty=b"", utf8=b'{"query":"\xff"}', arr=b'[{"query":"{__typename}"}]', num=b"5", s=b'"x"', null=b"null", true=b"true", deep=b"["*100000, deepobj=b'{"a":'*50000, deepvars=b'{"query":"query($a:String){coaches(filter:{search:$a}){edges{cursor}}}","variables":{"a":'+b"["*900+b"]"*900+b"}}", deepvars2=b'{"query":"query($i:LogInInput!){__typename}","variables":{"i":'+b'{"email":'*900+b"1"+b"}"*900+b"}}",
            noq=b"{}", qnull=b'{"query":null}', qempty=b'{"query":""}', qnum=b'{"query":5}', qarr=b'{"query":["a"]}',
            op5=b'{"query":"{__typename}","operationName":5}', op0=b'{"query":"{__typename}","operationName":0}', opF=b'{"query":"{__typename}","operationName":false}', opA=b'{"query":"{__typename}","operationName":[]}',opO=b'{"query":"{__typename}","operationName":{}}', opOx=b'{"query":"{__typename}","operationName":{"a":1}}', opE=b'{"query":"{__typename}","operationName":""}', opU=b'{"query":"{__typename}","operationName":"nope"}',
            v5=b'{"query":"{__typename}","variables":5}', v0=b'{"query":"{__typename}","variables":0}', va=b'{"query":"{__typename}","variables":[]}', vs=b'{"query":"{__typename}","variables":"{}"}', e5=b'{"query":"{__typename}","extensions":5}', bom=b'\xef\xbb\xbf{"query":"{__typename}"}', utf16='{"query":"{__typename}"}'.encode("utf-16"), nan=b'{"query":"{__typename}","variables":{"a":NaN}}', dup=b'{"query":"{__typename}","query":"{x}"}', surr=b'{"query":"{__typename}","variables":{"a":"\\ud800"}}', bigint=b'{"query":"query($f:Int){coaches(first:$f){edges{cursor}}}","variables":{"f":' + b"9"*5000 + b"}}", bigint2=b'{"query":"{__typename}","variables":{"f":' + b"9"*30 + b"}}", syntax=b'{"query":"{"}', sub=b'{"query":"subscription{slotAvailability(coachId:\\"a\\",from:\\"x\\",to:\\"y\\"){version}}"}', two=b'{"query":"query A{__typename} query B{__typename}"}', frag=b'{"query":"fragment A on Query{__typename}"}',nulq=b'{"query":"{__typename}\\u0000"}', defer=b'{"query":"{...@defer{__typename}}"}').items():
            await show(label,p(b))
        for ct in ("text/plain","application/x-www-form-urlencoded","multipart/form-data; boundary=x","","application/graphql","garbage;;;=", "application/json; charset=utf-16","application/graphql+json"):
            await show("ct "+ct, c.post("/graphql",content=b'{"query":"{__typename}"}',headers={"content-type":ct} if ct else {}))
        await show("ct form", c.post("/graphql",content=b'query=%7B__typename%7D',headers={"content-type":"application/x-www-form-urlencoded"}))
        for m in ("PUT","DELETE","PATCH","HEAD","OPTIONS","TRACE","FOO"):
            await show(m, c.request(m,"/graphql"))
        for q in ({"query":"{__typename}"},{"query":"mutation{logOut}"},{"query":"{__typename}","variables":"{"},{"query":"{__typename}","variables":"[1]"},{"query":"{__typename}","variables":"5"},{"query":"{__typename}","variables":""},{"query":"{__typename}","extensions":"5"},{"query":"{__typename}","operationName":"x"},{"query":"subscription{slotAvailability(coachId:\"a\",from:\"x\",to:\"y\"){version}}"}, {"query":""}, {"query":"mutation A{logOut} query B{__typename}","operationName":"A"}):
            await show("GET "+json.dumps(q)[:60], c.get("/graphql",params=q))
        await show("GET %ff", c.get("/graphql?query=%ff%fe"))
        await show("GET vars %ff", c.get("/graphql?query={__typename}&variables=%ff%fe"))
        await show("GET dup", c.get("/graphql?query={__typename}&query={__typename}"))
        await show("GET json", c.get("/graphql",headers={"accept":"application/json"}))
        await show("GET html", c.get("/graphql",headers={"accept":"text/html"}))
        await show("/", c.get("/"))
        await show("/nope", c.get("/nope"))
        await show("/graphql/", c.get("/graphql/"))
        await show("/graphql/assets/nope", c.get("/graphql/assets/nope"))
        await show("/graphql/assets/", c.get("/graphql/assets/"))
        await show("/assets traversal", c.get("/graphql/assets/..%2findex.html"))
        await show("/assets traversal", c.get("/graphql/assets/%00"))
        await show("/assets long", c.get("/graphql/assets/"+"a"*5000))
        await show("healthz POST", c.post("/healthz"))
        await show("bad token", p(b'{"query":"{__typename}"}',authorization="Bearer x"))
        await show("basic", p(b'{"query":"{__typename}"}',authorization="Basic x"))
        await show("emptybearer", p(b'{"query":"{__typename}"}',authorization="Bearer"))
        await show("nonascii", p(b'{"query":"{__typename}"}',authorization=b"Bearer \xff\xfe.\xe9.x"))
        await show("emptyauth", p(b'{"query":"{__typename}"}',authorization=""))
        await show("nestedjwt", p(b'{"query":"{__typename}"}',authorization="Bearer eyJhbGciOiJub25lIn0.e30."))
        await show("SSE", p(b'{"query":"{__typename}"}',accept="text/event-stream"))
        d="{"+"coaches{edges{node{availabilityWindows{coach{timeOff{coach{availabilityWindows{coach{timeOff{coach{timeOff{coach{id"+"}"*15
        await show("deep", c.post("/graphql",json={"query":d}))
        for f in (0,-1,101,2**31,None):
            await show(f"first {f}", c.post("/graphql",json={"query":"query($f:Int){coaches(first:$f){edges{cursor}}}","variables":{"f":f}}))
        await show("tokens", c.post("/graphql",json={"query":"{"+"__typename "*2100+"}"}))
        await show("cost", c.post("/graphql",json={"query":"{coaches(first:100){edges{node{id displayName bio availabilityWindows{coach{timeOff{coach{id}}}} "+" ".join(f"a{i}:displayName" for i in range(60))+"}}}}"}))

        for n in (257,300,500,1000,5000):
            for i in range(5):
                await show(f"big {n}", c.post("/graphql",content=b"x"*n*1024))
            async def gen():
                for i in range(n): yield b"x"*1024
            await show(f"bigc {n}", c.post("/graphql",content=gen()))

        await show("two deep", c.post("/graphql",json={"query":"query A{coaches(first:100000){edges{cursor}}} query B{__typename}"}))
        await show("two diff", c.post("/graphql",json={"query":"query A{a:__typename} query B{b:__typename}"}))
        await show("two mut get", c.get("/graphql",params={"query":"query A{a:__typename} mutation B{logOut}"}))
        await show("two mut get2", c.get("/graphql",params={"query":"mutation B{logOut} query A{a:__typename}"}))
