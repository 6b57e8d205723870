// The audits of graphql-http: one step for each, named by its id.
import assert from 'node:assert/strict';
import { serverAudits } from 'graphql-http';
import * as p from './practice.mjs';

for (const audit of serverAudits({ url: p.practice.url })) {
  await p.step(audit.id, async () => {
    const { status, reason, response } = await audit.fn();
    const answer = response && `${response.status} ${response.headers.get('content-type')}`;
    assert.equal(status, 'ok', `${audit.name}: ${reason}; the answer was ${answer}`);
  });
}

p.finished();
