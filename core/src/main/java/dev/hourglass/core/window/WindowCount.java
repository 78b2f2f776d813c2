package dev.hourglass.core.window;

/** How many events a window has seen that has ended. */
public record WindowCount(Window window, long events) {}
