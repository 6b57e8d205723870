import { type FragmentType, graphql, useFragment } from './gql';
import type { ResultOf, VariablesOf } from '@graphql-typed-document-node/core';

export const coach = graphql(`
  fragment CoachCard on Coach {
    displayName
    specialties
    createdAt
  }
`);

export const coaches = graphql(`
  query Coaches($first: Int, $after: String) {
    coaches(first: $first, after: $after) {
      edges {
        node {
          id
          ...CoachCard
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const book = graphql(`
  mutation Book($input: BookSessionInput!) {
    bookSession(input: $input) {
      __typename
      ... on Booking {
        session {
          startsAt
        }
      }
      ... on SlotUnavailable {
        reason
      }
    }
  }
`);

export const watch = graphql(`
  subscription Watch($coachId: ID!, $from: DateTime!, $to: DateTime!) {
    slotAvailability(coachId: $coachId, from: $from, to: $to) {
      version
      slots {
        id
        isBookable
      }
    }
  }
`);

export const nameOf = (card: FragmentType<typeof coach>): string => useFragment(coach, card).displayName;

export const namesOf = (page: ResultOf<typeof coaches>): string[] => page.coaches.edges.map((edge) => nameOf(edge.node));

export const startOf = ({ bookSession }: ResultOf<typeof book>): string =>
  bookSession.__typename === 'Booking' ? bookSession.session.startsAt : '';

export const range: VariablesOf<typeof watch> = { coachId: 'x', from: '2026-03-02T09:00:00Z', to: '2026-03-03T09:00:00Z' };
