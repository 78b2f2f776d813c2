package dev.hourglass.core.reservation;

/**
 * One atomic step.
 *
 * @param after the calendar that it leads to
 * @param change what a store needs to follow
 */
public record Transition(
    PoolCalendar after, ReservationOutcome outcome, ReservationChange change) {}
