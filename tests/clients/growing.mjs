// What coherence and recommendations are for, as two apps go through it: a member's phone and a coach's screen.
// Part of graphql-ws.mjs, whose server has a worker.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import * as p from './practice.mjs';

const { memberId, wsUrl: url } = p.practice;
const connected = (token) =>
  createClient({ url, webSocketImpl: WebSocket, connectionParams: { Authorization: `Bearer ${token}` } });
const phone = connected(p.practice.token);
const screen = connected(p.practice.coachToken);

/** The only field of what an operation answers; a problem is thrown. */
async function ask(client, query, variables) {
  for await (const { data, errors } of client.iterate({ query, variables })) {
    assert.equal(errors, undefined, JSON.stringify(errors));
    const [value] = Object.values(data);
    assert.equal(value.code, undefined, `${value.code}: ${value.message}`);
    return value;
  }
}

const PROBLEM = '... on Problem { code message }';
const DRAFT = 'id title text reason status priority wording rating intervention { id }';
const SETS = '{ questionSets(type: QUICK) { edges { node { id } } } }';
const START = `mutation Start($input: StartAssessmentInput!) {
  startAssessment(input: $input) {
    ... on Assessment {
      id
      sheet { items { question { id questionType isRequired scale { low high isReversed } choices { code } } } }
    }
    ${PROBLEM}
  }
}`;
const ANSWER = `mutation Answer($input: AnswerQuestionInput!) {
  answerQuestion(input: $input) { ... on Assessment { sheet { requiredLeft } } ${PROBLEM} }
}`;
const COMPLETE = `mutation Complete($input: CompleteAssessmentInput!) {
  completeAssessment(input: $input) { ... on Assessment { status coherenceScore { id total } } ${PROBLEM} }
}`;
const WATCH_COHERENCE = `subscription Coherence($memberId: ID!) {
  coherenceUpdated(memberId: $memberId) {
    isSnapshot
    summary { latest { id total assessmentId } change { total } trend }
    breakthroughs { description }
  }
}`;
const WATCH_DRAFTS = `subscription Drafts($memberId: ID!) {
  recommendationsChanged(memberId: $memberId) { isSnapshot recommendations { ${DRAFT} } removedRecommendationIds }
}`;
const EDIT = `mutation Edit($input: EditRecommendationInput!) {
  editRecommendation(input: $input) { ... on Recommendation { wording } ${PROBLEM} }
}`;
const APPROVE = `mutation Approve($input: ApproveRecommendationInput!) {
  approveRecommendation(input: $input) {
    ... on Recommendation { status memberIntervention { id status } }
    ${PROBLEM}
  }
}`;
const SENT = '{ recommendations(status: SENT) { edges { node { text memberIntervention { id steps } } } } }';
const DO = `mutation Do($input: UpdateInterventionProgressInput!) {
  updateInterventionProgress(input: $input) { ... on MemberIntervention { status } ${PROBLEM} }
}`;
const RATE = `mutation Rate($input: RateInterventionInput!) {
  rateIntervention(input: $input) { ... on MemberIntervention { effectivenessRating } ${PROBLEM} }
}`;

const answerTo = ({ questionType, scale, choices }) =>
  questionType === 'SCALE' ? { scale: scale.isReversed ? scale.low + 1 : scale.high - 1 }
    : questionType === 'MULTIPLE_CHOICE' ? { choice: choices[0].code }
      : { choices: [] };

const told = new p.Inbox();
const drafts = new p.Inbox();
/** What is drafted now, by the id of its intervention, and what else was shown. */
const board = new Map();

async function onceTheBoard(shows) {
  while (!shows([...board.values()])) {
    const { recommendations, removedRecommendationIds } = await drafts.next();
    for (const each of recommendations) board.set(each.id, each);
    for (const id of removedRecommendationIds) board.delete(id);
  }
  return [...board.values()];
}

const drafted = (all) => all.filter(({ status }) => status === 'DRAFTED');
let score;
let chosen;
let given;

await p.step('a coach has a view before there is anything to see', async () => {
  screen.subscribe({ query: WATCH_COHERENCE, variables: { memberId } }, told.sink);
  screen.subscribe({ query: WATCH_DRAFTS, variables: { memberId } }, drafts.sink);
  const { isSnapshot, summary } = await told.next();
  assert.deepEqual({ isSnapshot, summary }, { isSnapshot: true, summary: { latest: null, change: null, trend: null } });
  assert.deepEqual(await drafts.next(), { isSnapshot: true, recommendations: [], removedRecommendationIds: [] });
});

await p.step('a member answers question after question', async () => {
  const { edges } = await ask(phone, SETS);
  const { id, sheet } = await ask(phone, START, { input: { questionSetId: edges[0].node.id } });
  let left;
  for (const { question } of sheet.items.filter(({ question }) => question.isRequired)) {
    const input = { assessmentId: id, questionId: question.id, ...answerTo(question) };
    left = (await ask(phone, ANSWER, { input })).sheet.requiredLeft;
  }
  assert.equal(left, 0);
  const { status, coherenceScore } = await ask(phone, COMPLETE, { input: { id } });
  assert.equal(status, 'COMPLETED');
  score = { id: coherenceScore.id, total: coherenceScore.total, assessmentId: id };
});

await p.step('the coach sees the new coherence', async () => {
  const { isSnapshot, summary } = await told.next();
  assert.deepEqual({ isSnapshot, latest: summary.latest }, { isSnapshot: false, latest: score });
});

await p.step('what to do next is drafted, with a reason', async () => {
  const all = drafted(await onceTheBoard((shown) => drafted(shown).length > 0));
  [chosen] = all;
  assert.match(chosen.reason, /Courage \(q\) is the weakest of the four dimensions at 0\.\d+/);
});

await p.step('the coach says it in their own words, and assigns it', async () => {
  const { wording } = await ask(screen, EDIT, { input: { id: chosen.id, text: 'Begin with the smallest.' } });
  assert.equal(wording, 'COACH');
  const { status, memberIntervention } = await ask(screen, APPROVE, { input: { id: chosen.id, assign: true } });
  assert.deepEqual([status, memberIntervention.status], ['SENT', 'ASSIGNED']);
});

await p.step('the member does it, and says how much it has helped', async () => {
  const { edges } = await ask(phone, SENT);
  assert.deepEqual(edges.map(({ node }) => node.text), ['Begin with the smallest.']);
  given = edges[0].node.memberIntervention;
  await ask(phone, DO, { input: { id: given.id, progressPercent: 100 } });
  const { effectivenessRating } = await ask(phone, RATE, { input: { id: given.id, rating: 5 } });
  assert.equal(effectivenessRating, 5);
});

await p.step('the next draft knows of it', async () => {
  const all = drafted(await onceTheBoard((shown) => drafted(shown).some(({ reason }) => /rated 5\.0 of 5/.test(reason))));
  assert.ok(all.every(({ intervention }) => intervention.id !== chosen.intervention.id));
});
