package dev.hourglass.core.admission;

/**
 * What one pool's admission has done so far, and how it stands.
 *
 * @param slots that turns can have at once, as far as is known now
 * @param busySlots in use
 * @param waiting turns in the waiting room
 * @param tickets places kept for clients who are to come back
 * @param serviceSeconds mean time that a turn holds its slot
 * @param hintMargin the share by which hints are later than the plain estimate
 * @param admittedAtOnce turns let in without waiting
 * @param admittedAfterWaiting turns let in from the waiting room
 * @param toldToComeBack refusals with a ticket
 * @param tooFarOff refusals beyond the horizon
 * @param badTickets refusals of a ticket that stands for no place
 * @param leftWaiting turns whose clients left the waiting room
 * @param ticketsExpired tickets whose holders did not come
 * @param hintHits clients who came when they were told to, and were let in within the longest wait
 * @param hintMisses clients who came when they were told to, and were not
 * @param farHintHits hints beyond the horizon, after which a turn would have been taken
 * @param farHintMisses hints beyond the horizon, after which it would not
 */
public record AdmissionStats(
    int slots,
    int busySlots,
    int waiting,
    int tickets,
    double serviceSeconds,
    double hintMargin,
    long admittedAtOnce,
    long admittedAfterWaiting,
    long toldToComeBack,
    long tooFarOff,
    long badTickets,
    long leftWaiting,
    long ticketsExpired,
    long hintHits,
    long hintMisses,
    long farHintHits,
    long farHintMisses) {}
