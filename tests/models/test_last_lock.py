"""The schema is the last lock: with the application's lock taken out, racers still cannot oversell or overlap."""

from datetime import timedelta

from structlog.testing import capture_logs

from app.problems import Problem, SlotFull, SlotUnavailable, TryAgain
from app.services.scheduling import Booked, RescheduleSession
from tests.models.racing import RACERS, ROUNDS, SEATS, book, lost_races, nine_on, open_coach, race, writer
from tests.practice import Person, Practice


async def test_sixty_racers_for_five_seats_without_the_lock(
    crowd: tuple[Practice, list[Person]], without_the_lock: None
) -> None:
    practice, members = crowd
    coach = await open_coach(practice)

    with capture_logs() as logs:
        for day in range(1, 1 + ROUNDS):
            answers = await race([book(practice, member, coach, nine_on(day)) for member in members])

            booked = sum(isinstance(answer, Booked) for answer in answers)
            assert {type(answer) for answer in answers} <= {Booked, SlotFull, TryAgain}
            assert await practice.count("sessions", "starts_at = :at", at=nine_on(day)) == booked <= SEATS
            assert (
                await practice.count("bookings", "status = 'CONFIRMED' AND starts_at = :at", at=nine_on(day)) == booked
            )

    await practice.nobody_is_overbooked()
    assert lost_races(logs) > ROUNDS, "nobody lost a race: the lock was not taken out, and this proves nothing"


async def test_racers_on_two_overlapping_starts_without_the_lock(
    crowd: tuple[Practice, list[Person]], without_the_lock: None
) -> None:
    practice, members = crowd
    coach = await open_coach(practice, seats=RACERS, slot_interval_minutes=30)

    with capture_logs() as logs:
        for day in range(11, 11 + ROUNDS):
            starts = (nine_on(day), nine_on(day) + timedelta(minutes=30))
            calls = [book(practice, member, coach, starts[number % 2]) for number, member in enumerate(members[:30])]
            answers = await race(calls)

            taken = {answer.session.starts_at for answer in answers if isinstance(answer, Booked)}
            refused = {answer.reason for answer in answers if isinstance(answer, SlotUnavailable)}
            assert len(taken) == 1
            assert refused <= {"CONFLICTS_WITH_SESSION"}
            assert {type(answer) for answer in answers} <= {Booked, SlotUnavailable, TryAgain}

    await practice.nobody_is_overbooked()
    assert lost_races(logs) > ROUNDS


async def test_one_member_races_for_overlapping_slots_of_two_coaches_without_the_lock(
    crowd: tuple[Practice, list[Person]], without_the_lock: None
) -> None:
    practice, members = crowd
    one, other = await open_coach(practice), await open_coach(practice, slot_interval_minutes=30)

    for day in range(21, 21 + ROUNDS):
        later = nine_on(day) + timedelta(minutes=30)
        for member in members[:5]:
            calls = [book(practice, member, one, nine_on(day)), book(practice, member, other, later)]
            answers = await race(calls)

            (refused,) = [answer for answer in answers if not isinstance(answer, Booked)]
            assert isinstance(refused, SlotUnavailable | TryAgain)
            assert getattr(refused, "reason", "MEMBER_BUSY") == "MEMBER_BUSY"

    await practice.nobody_is_overbooked()


async def test_sessions_that_are_moved_race_with_bookings_without_the_lock(
    crowd: tuple[Practice, list[Person]], without_the_lock: None
) -> None:
    practice, members = crowd
    coach = await open_coach(practice)
    movers, bookers = members[:10], members[10:30]
    earlier = [nine_on(31) + timedelta(hours=number // SEATS) for number in range(len(movers))]
    held = [await book(practice, member, coach, at) for member, at in zip(movers, earlier, strict=True)]
    wanted = nine_on(32)

    moves = [
        writer(practice).change(
            member.actor, RescheduleSession(session_id=booking.session.id, starts_at=wanted), practice.clock()
        )
        for member, booking in zip(movers, held, strict=True)
    ]
    answers = await race([*moves, *(book(practice, member, coach, wanted) for member in bookers)])

    there = sum(not isinstance(answer, Problem) for answer in answers)
    assert await practice.count("sessions", "starts_at = :at", at=wanted) == there <= SEATS
    assert (
        await practice.count("sessions", "member_id = ANY(:ids)", ids=[m.member.id for m in movers if m.member]) >= 10
    )
    await practice.nobody_is_overbooked()


async def test_with_the_lock_exactly_the_seats_are_given_and_nobody_has_to_try_again(
    crowd: tuple[Practice, list[Person]],
) -> None:
    practice, members = crowd
    coach = await open_coach(practice)

    with capture_logs() as logs:
        answers = await race([book(practice, member, coach, nine_on(41)) for member in members])

    assert sum(isinstance(answer, Booked) for answer in answers) == SEATS
    assert sum(isinstance(answer, SlotFull) for answer in answers) == RACERS - SEATS
    assert lost_races(logs) == 0, "whoever holds the lock meets nobody"
    await practice.nobody_is_overbooked()
