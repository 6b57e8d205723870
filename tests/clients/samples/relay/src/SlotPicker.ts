import { graphql } from 'relay-runtime';

export const slot = graphql`
  fragment SlotPicker_slot on Slot {
    startsAt
    remaining
    isBookable
  }
`;

export const book = graphql`
  mutation SlotPickerBookMutation($input: BookSessionInput!) {
    bookSession(input: $input) {
      __typename
      ... on Booking {
        session {
          id
          startsAt
        }
        slot {
          ...SlotPicker_slot
        }
      }
      ... on Problem {
        code
        message
      }
    }
  }
`;

export const watch = graphql`
  subscription SlotPickerSubscription($coachId: ID!, $from: DateTime!, $to: DateTime!) {
    slotAvailability(coachId: $coachId, from: $from, to: $to) {
      version
      isSnapshot
      slots {
        id
        ...SlotPicker_slot
      }
      removedSlotIds
    }
  }
`;
