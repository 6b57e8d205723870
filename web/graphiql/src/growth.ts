/** Examples of what members do to grow and coaches see of it, and what their variables are made of. */

/** What the running server knows; what it does not tell stays a placeholder. */
export interface GrowthFacts {
  memberId: string;
  questionSetId: string;
  assessmentId: string;
  /** The next question, with an answer that it takes. */
  answer: object;
  recommendationId: string;
  memberInterventionId: string;
  riskAlertId: string;
}

export const NOTHING_YET: GrowthFacts = {
  memberId: "PASTE_A_MEMBER_ID",
  questionSetId: "PASTE_A_QUESTION_SET_ID",
  assessmentId: "RUN_StartAssessment_FIRST",
  answer: { questionId: "RUN_StartAssessment_FIRST" },
  recommendationId: "PASTE_A_DRAFT_ID",
  memberInterventionId: "PASTE_WHAT_A_MEMBER_WAS_GIVEN",
  riskAlertId: "PASTE_AN_ALERT_ID",
};

const WEEK_MS = 7 * 24 * 60 * 60 * 1000;
const lately = { from: new Date(Date.now() - 12 * WEEK_MS).toISOString(), to: new Date().toISOString() };

export const GROWTH_EXAMPLES: Record<string, { query: string; variables?: (facts: GrowthFacts) => object }> = {
  Dashboard: {
    query: `# As a coach: all of your members at one glance.
query Dashboard {
  clientDashboard(order: HIGHEST_RISK) {
    summary {
      memberCount
      meanCoherence
      meanEngagement
      overdueActionItemCount
    }
    members {
      edges {
        node {
          member {
            id
            fullName
          }
          riskLevel
          engagementScore
          openActionItemCount
          draftedRecommendationCount
          coherence {
            percentage
            pattern
          }
          elements {
            archetype
          }
          lastSession {
            startsAt
          }
          nextSession {
            startsAt
          }
        }
      }
    }
  }
}
`,
  },
  StartAssessment: {
    query: `# As a member: StartAssessment, then Answer for
# each question, then Complete. The variables
# move on by themselves.
mutation StartAssessment($start: StartAssessmentInput!) {
  startAssessment(input: $start) {
    __typename
    ... on Assessment {
      id
      sheet {
        total
        items {
          question {
            text
          }
        }
      }
    }
    ... on Problem {
      code
      message
    }
  }
}

mutation Answer($answer: AnswerQuestionInput!) {
  answerQuestion(input: $answer) {
    __typename
    ... on Assessment {
      sheet {
        answered
        requiredLeft
      }
    }
    ... on Problem {
      code
      message
    }
  }
}

mutation Complete($complete: CompleteAssessmentInput!) {
  completeAssessment(input: $complete) {
    __typename
    ... on Assessment {
      coherenceScore {
        percentage
        pattern
      }
    }
    ... on Problem {
      code
      message
    }
  }
}
`,
    variables: ({ questionSetId, assessmentId, answer }) => ({
      start: { questionSetId },
      answer: { assessmentId, ...answer },
      complete: { id: assessmentId },
    }),
  },
  Coherence: {
    query: `# How a member stands, and how it came about.
query Coherence($memberId: ID!, $from: DateTime!, $to: DateTime!) {
  coherence(memberId: $memberId) {
    latest {
      psi
      rho
      q
      f
      total
      percentage
      pattern
    }
    change {
      total
    }
    trend
  }
  coherenceSeries(memberId: $memberId, from: $from, to: $to, interval: WEEK) {
    points {
      startsOn
      mean {
        total
      }
    }
  }
  breakthroughs(memberId: $memberId) {
    edges {
      node {
        id
        status
        description
      }
    }
  }
}
`,
    variables: ({ memberId }) => ({ memberId, ...lately }),
  },
  WatchCoherence: {
    query: `# As a coach: leave this running, and let the
# member answer an assessment elsewhere.
subscription WatchCoherence($memberId: ID!) {
  coherenceUpdated(memberId: $memberId) {
    isSnapshot
    summary {
      latest {
        percentage
        pattern
        calculatedAt
      }
      change {
        psi
        rho
        q
        f
        total
      }
      trend
    }
    breakthroughs {
      description
    }
  }
}
`,
    variables: ({ memberId }) => ({ memberId }),
  },
  Recommendations: {
    query: `# As a coach: what is proposed, and why; Approve.
# As the member: Done, Rate; see what comes next.
query Recommendations($memberId: ID!) {
  recommendations(memberId: $memberId, first: 5) {
    edges {
      node {
        id
        status
        priority
        title
        reason
      }
    }
  }
}

mutation Approve($approve: ApproveRecommendationInput!) {
  approveRecommendation(input: $approve) {
    __typename
    ... on Recommendation {
      status
      memberIntervention {
        id
        name
        steps
      }
    }
    ... on Problem {
      code
      message
    }
  }
}

mutation Done($done: UpdateInterventionProgressInput!) {
  updateInterventionProgress(input: $done) {
    __typename
    ... on MemberIntervention {
      name
      status
    }
    ... on Problem {
      code
      message
    }
  }
}

mutation Rate($rate: RateInterventionInput!) {
  rateIntervention(input: $rate) {
    __typename
    ... on MemberIntervention {
      effectivenessRating
    }
    ... on Problem {
      code
      message
    }
  }
}
`,
    variables: ({ memberId, recommendationId, memberInterventionId: id }) => ({
      memberId,
      approve: { id: recommendationId, assign: true },
      done: { id, progressPercent: 100 },
      rate: { id, rating: 5 },
    }),
  },
  Risk: {
    query: `# As a coach; members see nothing of it.
query Risk($memberId: ID!) {
  riskAssessments(memberId: $memberId) {
    edges {
      node {
        level
        indicators
        notes
        assessedAt
      }
    }
  }
}

mutation RecordRisk($record: RecordRiskInput!) {
  recordRisk(input: $record) {
    __typename
    ... on RiskAssessment {
      level
    }
    ... on Problem {
      code
      message
    }
  }
}

mutation Acknowledge($acknowledge: AcknowledgeRiskAlertInput!) {
  acknowledgeRiskAlert(input: $acknowledge) {
    __typename
    ... on RiskAlert {
      status
    }
    ... on Problem {
      code
      message
    }
  }
}
`,
    variables: ({ memberId, riskAlertId }) => ({
      memberId,
      record: { memberId, level: "HIGH", indicators: ["ACUTE_DISTRESS"], notes: "Said that nothing helps." },
      acknowledge: { id: riskAlertId },
    }),
  },
  WatchRisk: {
    query: `# As a coach: leave this running, and run
# RecordRisk in another window.
subscription WatchRisk {
  riskAlertRaised {
    isSnapshot
    alerts {
      id
      level
      status
      step
      nextEscalationAt
      member {
        fullName
      }
    }
    removed
  }
}
`,
  },
};

interface Page<Node> {
  edges: { node: Node }[];
}

interface Question {
  id: string;
  questionType: "SCALE" | "MULTIPLE_CHOICE" | "MULTI_SELECT" | "TEXT";
  scale: { low: number; high: number } | null;
  choices: { code: string }[];
}

interface Known {
  viewer?: { member: { id: string } | null } | null;
  members?: Page<{ id: string }>;
  questionSets: Page<{ id: string }>;
  assessments?: Page<{ id: string; sheet: { items: { question: Question; answer: { answeredAt: string } | null }[] } }>;
  recommendations?: Page<{ id: string; member: { id: string } | null }>;
  memberInterventions?: Page<{ id: string; status: string }>;
  riskAlerts?: Page<{ id: string }>;
}

const SETS = "questionSets(type: QUICK, first: 1) { edges { node { id } } }";
const OF_A_COACH = `query Growth {
  ${SETS}
  members(first: 1) { edges { node { id } } }
  recommendations(status: DRAFTED, first: 50) { edges { node { id member { id } } } }
  riskAlerts(status: OPEN, first: 1) { edges { node { id } } }
}`;

/** What to ask for the facts, as somebody of this role. */
export const GROWTH_QUERIES: Record<string, string> = {
  MEMBER: `query Growth {
  ${SETS}
  viewer { member { id } }
  memberInterventions(first: 1) { edges { node { id } } }
  assessments(status: IN_PROGRESS, first: 1) {
    edges { node { id sheet { items {
      question { id questionType scale { low high } choices { code } }
      answer { answeredAt }
    } } } }
  }
}`,
  COACH: OF_A_COACH,
  ADMIN: OF_A_COACH,
};

export type GrowthAnswer = Known;

export function growthFacts(known: Known | undefined): GrowthFacts {
  if (!known) return NOTHING_YET;
  const assessment = known.assessments?.edges[0]?.node;
  const next = assessment?.sheet.items.find((item) => !item.answer) ?? assessment?.sheet.items[0];
  const memberId = known.viewer?.member?.id ?? known.members?.edges[0]?.node.id ?? NOTHING_YET.memberId;
  const drafts = known.recommendations?.edges.map(({ node }) => node);
  return {
    memberId,
    questionSetId: known.questionSets.edges[0]?.node.id ?? NOTHING_YET.questionSetId,
    assessmentId: assessment?.id ?? NOTHING_YET.assessmentId,
    answer: next ? { questionId: next.question.id, ...answerTo(next.question) } : NOTHING_YET.answer,
    recommendationId: drafts?.find(({ member }) => member?.id === memberId)?.id ?? NOTHING_YET.recommendationId,
    memberInterventionId: known.memberInterventions?.edges[0]?.node.id ?? NOTHING_YET.memberInterventionId,
    riskAlertId: known.riskAlerts?.edges[0]?.node.id ?? NOTHING_YET.riskAlertId,
  };
}

function answerTo({ questionType, scale, choices }: Question) {
  if (scale) return { scale: scale.high - 1 };
  if (questionType === "TEXT") return { text: "Awake" };
  const last = choices[choices.length - 1]?.code;
  return questionType === "MULTIPLE_CHOICE" ? { choice: last } : { choices: [choices[0]?.code] };
}
