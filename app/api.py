"""The schema: a table of contents. Every operation comes from its area's resolvers; nothing is decided here."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from app.resolvers import (
    analytics,
    coaches,
    coherence,
    deliveries,
    growth,
    identity,
    jobs,
    members,
    messaging,
    nodes,
    notifications,
    risk,
    scheduling,
    sessions,
    webhooks,
)
from app.schema.problems import SHOWN_AS, handlers
from app.wire.errors import shown
from app.wire.limits import Limits
from app.wire.scalars import SCALARS
from app.wire.schema import WireSchema


@strawberry.type(description="Looking.")
class Query(
    nodes.Query,  # node, nodes
    identity.Query,  # viewer
    coaches.Query,  # coaches, coach
    members.Query,  # members, member
    sessions.Query,  # sessions, session
    sessions.PlanQuery,  # planTemplates
    sessions.NotesQuery,  # noteTemplates
    sessions.CalendarQuery,  # calendarEvents, calendarFeeds
    scheduling.Query,  # availableSlots, nextAvailableSlot, explainSlot
    scheduling.SeriesQuery,  # previewSeries
    scheduling.HoldQuery,  # slotHolds, waitingListEntries
    deliveries.Query,  # deliveries
    scheduling.OutsideCalendarQuery,  # outsideCalendars
    messaging.Query,  # messageTemplates, previewMessage, communications, messageHooks
    notifications.Query,  # notifications, unreadNotificationCount, notificationPreferences
    webhooks.Query,  # webhookEndpoints, webhookMessages
    growth.InterventionQuery,  # interventions, memberInterventions
    growth.ActionItemQuery,  # actionItems
    coherence.CoherenceQuery,  # coherence, coherenceScores, coherenceSeries
    coherence.BreakthroughQuery,  # breakthroughs
    growth.GoalQuery,  # goals, goalUpdates, goalOutcomes
    growth.RecommendationQuery,  # recommendations, recommendationGroups
    jobs.Query,  # jobs
    analytics.Query,  # clientDashboard
    coherence.QuestionQuery,  # questionSets, questionSet
    coherence.AssessmentQuery,  # assessments, assessment
    risk.Query,  # riskAssessments, riskAlerts, riskStatistics
    growth.ElementQuery,  # elementalBalance, elementalSeries
    growth.JournalQuery,  # journalEntries
    growth.EngagementQuery,  # engagement, engagementSeries
):
    pass


@strawberry.type(description="Changing. Each answers what it made, or the problem that prevented it.")
class Mutation(
    identity.Mutation,  # signUp, logIn, refreshSession, logOut
    coaches.Mutation,  # createCoach, updateCoach
    members.Mutation,  # updateMember, assignCoach
    scheduling.AvailabilityMutation,  # add, update, remove AvailabilityWindow; add, remove TimeOff
    scheduling.OutsideCalendarMutation,  # add, update, refresh, remove OutsideCalendar
    scheduling.BookingMutation,  # book, schedule, cancel, reschedule, complete Session; markNoShow
    scheduling.SeriesMutation,  # book, cancel, reschedule Series
    scheduling.SlotMutation,  # cancelSlot, completeSlot
    scheduling.HoldMutation,  # holdSlot, extendHold, releaseHold, joinWaitingList, leaveWaitingList
    sessions.RatingMutation,  # rateSession, changeSessionRating
    sessions.PlanMutation,  # create, update, share, unshare, remove SessionPlan; add, update, move, remove PlanItem
    sessions.TemplateMutation,  # add, update, remove PlanTemplate
    sessions.CalendarMutation,  # createCalendarFeed, revokeCalendarFeed
    sessions.NotesMutation,  # write, update, remove SessionNote; add, update, remove NoteTemplate
    deliveries.Mutation,  # resendDelivery
    messaging.Mutation,  # templates of messages, sendMessage, logCommunication, hooks
    notifications.Mutation,  # markNotificationRead, markAllNotificationsRead, updateNotificationPreferences
    webhooks.Mutation,  # add, update, remove WebhookEndpoint; rotateWebhookSecret, sendTestWebhook; replay...
    growth.InterventionMutation,  # add, update, assign, rate Intervention; its progress and note
    growth.ActionItemMutation,  # add, update, complete, reopen, remove ActionItem
    coherence.BreakthroughMutation,  # confirmBreakthrough, dismissBreakthrough
    growth.GoalMutation,  # add, update, abandon Goal; recordGoalProgress, withdrawGoalUpdate; milestones
    growth.RecommendationMutation,  # draftRecommendations; approve, edit, reject, rate Recommendation
    jobs.Mutation,  # retryJob, dropJob
    coherence.QuestionMutation,  # add, update, revise, publish, retire, remove QuestionSet; and its Questions
    coherence.AssessmentMutation,  # start, complete, abandon Assessment; answerQuestion
    risk.Mutation,  # recordRisk, acknowledgeRiskAlert, resolveRiskAlert
    growth.ElementMutation,  # recordElementalBalance
    growth.JournalMutation,  # write, update, share, unshare, remove JournalEntry
):
    pass


@strawberry.type(description="Staying informed: a snapshot first, then what changes.")
class Subscription(
    scheduling.Subscription,  # slotAvailability
    scheduling.WaitingSubscription,  # waitingListOffer
    sessions.Subscription,  # sessionChanged
    growth.RecommendationSubscription,  # recommendationsChanged
    notifications.Subscription,  # notificationReceived
    coherence.CoherenceSubscription,  # coherenceUpdated
    risk.Subscription,  # riskAlertRaised
):
    pass


schema = WireSchema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=list(SHOWN_AS.values()),
    config=StrawberryConfig(scalar_map=SCALARS, enable_experimental_incremental_execution=True),
    exception_handlers=handlers(),
    limits=Limits(),
    shown=shown,
)
