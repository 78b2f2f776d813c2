package dev.hourglass.core.activity;

/**
 * How active a session is at one moment: three parts from 0 to 1, and their weighted mean.
 *
 * @param density how many messages came of late
 * @param responsiveness how well its silence fits its own habits, and how fast it is answered
 * @param topicContinuity how alike its user turns are, one after the other
 * @param topicMeasure what the last of them was measured with
 */
public record ActivityScore(
    double score,
    double density,
    double responsiveness,
    double topicContinuity,
    TopicMeasure topicMeasure) {}
