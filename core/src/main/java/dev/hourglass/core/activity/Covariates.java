package dev.hourglass.core.activity;

/**
 * The signals of a session's activity as they were at its last turn, before anything is made of
 * them: what a model of its return may depend on.
 *
 * @param turns since it is watched
 * @param recentMessages within {@link SessionActivity#WINDOW}, the last one included
 * @param gapDeviations how much longer the last gap was than its own gaps are, in standard
 *     deviations of their logarithms; 0 where there was none
 * @param answerSeconds until it sees the first text, averaged
 * @param topicContinuity the average cosine of consecutive user turns, 0 to 1; unknown is a half
 */
public record Covariates(
    int turns,
    double recentMessages,
    double gapDeviations,
    double answerSeconds,
    double topicContinuity,
    TopicMeasure topicMeasure) {}
