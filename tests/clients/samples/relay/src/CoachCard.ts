import { graphql } from 'relay-runtime';

export const coach = graphql`
  fragment CoachCard_coach on Coach @refetchable(queryName: "CoachCardRefetchQuery") {
    displayName
    specialties
    freePlaces
  }
`;
