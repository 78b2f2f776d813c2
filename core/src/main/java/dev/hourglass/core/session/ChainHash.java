package dev.hourglass.core.session;

/** The first 128 bits of a SHA-256 over a conversation up to some message. */
record ChainHash(long high, long low) {}
