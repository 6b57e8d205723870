import { graphql } from 'relay-runtime';

export const query = graphql`
  query CoachListQuery($filter: CoachFilter) {
    viewer {
      user {
        email
      }
    }
    ...CoachList_query @arguments(filter: $filter)
  }
`;

export const coaches = graphql`
  fragment CoachList_query on Query
  @argumentDefinitions(
    filter: { type: "CoachFilter" }
    count: { type: "Int", defaultValue: 10 }
    cursor: { type: "String" }
  )
  @refetchable(queryName: "CoachListPaginationQuery") {
    coaches(first: $count, after: $cursor, filter: $filter) @connection(key: "CoachList_coaches") {
      edges {
        node {
          id
          ...CoachCard_coach
        }
      }
    }
  }
`;
